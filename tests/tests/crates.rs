//! The library stays light: what a user's dev-dependency pulls in, counted.
#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::process::Command;

/// So many crates may come with `tumult-sim` and its default features, itself not counted.
const LIMIT: usize = 40;

/// The crates that `tumult-sim` is built from, build scripts and macros included.
fn crates(features: &[&str]) -> BTreeSet<String> {
    let cargo = std::env::var_os("CARGO").expect("run by cargo");
    let tree = ["tree", "--package", "tumult-sim", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"];
    let output = Command::new(cargo)
        .args(tree)
        .args(["--features", &features.join(",")])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    let words = text.lines().map(|l| l.split_whitespace().take(2).collect::<Vec<_>>().join(" "));
    words.filter(|name| !name.is_empty() && !name.starts_with("tumult-sim ")).collect()
}

#[test]
fn the_default_features_pull_in_few_crates() {
    let all = crates(&[]);
    assert!(all.len() > 10 && all.iter().any(|c| c.starts_with("rand_chacha ")), "it counts: {all:?}");
    assert!(all.len() <= LIMIT, "{} crates, {LIMIT} are allowed: {all:#?}", all.len());
    for heavy in ["tokio ", "futures-io ", "proptest ", "tracing-subscriber "] {
        assert!(!all.iter().any(|c| c.starts_with(heavy)), "{heavy}is behind a feature");
    }
    let more = crates(&["tokio", "futures-io"]);
    assert!(more.iter().any(|c| c.starts_with("tokio ")) && more.len() > all.len(), "features are counted: {more:?}");
}
