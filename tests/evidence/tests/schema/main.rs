//! The published schemas of journals and run records: what real runs leave is valid by them, and what is wrong is not.

#[path = "../../../tests/lifecycle/systems.rs"]
mod systems;

use std::path::{Path, PathBuf};
use std::process::Command;

use jsonschema::Validator;
use serde_json::{Value, json};
use tumult_sim::journal::{Journal, SCHEMA_VERSION, history};

/// A schema of `docs/schema`, which is itself valid.
fn schema(name: &str) -> (Value, Validator) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema").join(name);
    let schema = read(&path);
    assert!(jsonschema::meta::is_valid(&schema), "{name} is no schema");
    let validator = jsonschema::validator_for(&schema).unwrap();
    (schema, validator)
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// The folders of runs that the systems left.
fn runs() -> (tempfile::TempDir, Vec<PathBuf>) {
    let out = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["systems::", "--include-ignored"]).env("TUMULT_OUT", out.path());
    command.output().unwrap();
    let folders = history(out.path()).runs.into_iter().map(|stored| stored.folder).collect();
    (out, folders)
}

#[test]
fn what_real_runs_leave_is_valid() {
    let ((_, journals), (_, records)) = (schema("journal-1.json"), schema("run-1.json"));
    let (_out, folders) = runs();
    assert_eq!(folders.len(), 12);
    for folder in folders {
        let journal = read(&folder.join("journal.json"));
        for (validator, value) in [(&journals, &journal), (&records, &read(&folder.join("run.json")))] {
            let errors: Vec<String> =
                validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{}: {errors:?}", folder.display());
        }
        // By way of TOON it is the same value.
        let toon = std::fs::read_to_string(folder.join("journal.toon")).unwrap();
        let back = Journal::from_toon(&toon).unwrap().to_json().unwrap();
        assert_eq!(serde_json::from_str::<Value>(&back).unwrap(), journal);
    }
}

#[test]
fn what_is_wrong_is_not_valid() {
    let (_, validator) = schema("journal-1.json");
    let (_out, folders) = runs();
    let source = folders.iter().find(|f| f.to_string_lossy().contains("the_sources_figures")).unwrap();
    let good = read(&source.join("journal.json"));
    assert!(validator.is_valid(&good));
    let wrong: [(&str, Value); 8] = [
        ("/status", json!("fine")),
        ("/seed", json!(7)),
        ("/schema_version", json!(2)),
        ("/estimate", json!("some")),
        ("/during/probes/0/shape", json!("wavy")),
        ("/post/compliance_ratio", json!(1.2)),
        ("/faults/0/severity", json!("mild")),
        ("/baseline/probes/0/samples", json!(-1)),
    ];
    for (place, value) in wrong {
        let mut bad = good.clone();
        *bad.pointer_mut(place).unwrap_or_else(|| panic!("there is no {place}")) = value;
        assert!(!validator.is_valid(&bad), "{place}");
    }
    for place in ["", "/during", "/post/probes/0", "/faults/0", "/verify"] {
        let mut bad = good.clone();
        let object = bad.pointer_mut(place).and_then(Value::as_object_mut).unwrap();
        object.insert("planted".to_owned(), json!(1));
        assert!(!validator.is_valid(&bad), "a field too many in `{place}`");
        let object = bad.pointer_mut(place).and_then(Value::as_object_mut).unwrap();
        object.remove("planted");
        let first = object.keys().next().unwrap().clone();
        object.remove(&first);
        assert!(!validator.is_valid(&bad), "no `{first}` in `{place}`");
    }
}

#[test]
fn the_schemas_are_of_the_version_that_is_written() {
    for name in ["journal-1.json", "run-1.json"] {
        let (schema, _) = schema(name);
        assert_eq!(schema["properties"]["schema_version"]["const"], json!(SCHEMA_VERSION), "{name}");
    }
}
