//! What must not be there: the invariants of `docs/ARCHITECTURE.md` that speak of absences and that a word shows.

use super::source::{Tree, code, is_word, line, without_tests};

/// A piece of code that stands nowhere but in some places, or nowhere in some places.
struct Absence {
    /// The number of the invariant.
    invariant: u32,
    words: &'static [&'static str],
    /// Below these.
    within: &'static [&'static str],
    /// But for these.
    except: &'static [&'static str],
}

const SIM: &str = "tumult-sim/src/";
const MACHINE: &[&str] = &["tumult-sim/src/kernel/", "tumult-sim/src/base/", "tumult-sim/src/trace/"];

const ABSENCES: &[Absence] = &[
    Absence {
        invariant: 1,
        words: &[
            "async",
            ".await",
            "thread_local!",
            "static",
            "std::thread",
            "std::fs",
            "std::sync",
            "std::rc",
            "unsafe",
        ],
        within: MACHINE,
        except: &[],
    },
    Absence {
        invariant: 3,
        words: &["thread_local!"],
        within: &[SIM],
        except: &["tumult-sim/src/context/", "tumult-sim/src/host/", "tumult-sim/src/hosted/"],
    },
    Absence {
        invariant: 6,
        words: &["extern"],
        within: &[SIM],
        except: &["tumult-sim/src/host/", "tumult-sim/src/hosted/"],
    },
    Absence {
        invariant: 7,
        words: &["unsafe"],
        within: &[SIM, "tumult-macros/", "models/", "invariants/", "failure_modes/", "cargo-tumult/"],
        except: &[
            "tumult-sim/src/context/",
            "tumult-sim/src/host/",
            "tumult-sim/src/hosted/",
            "tumult-sim/src/invariant/observed.rs",
            "tumult-sim/src/time/timeout.rs",
        ],
    },
];

/// Every word that stands where it must not.
pub(crate) fn violations(tree: &Tree) -> Vec<String> {
    let mut found = vec![];
    for (path, text) in tree.rust() {
        let code = without_tests(&code(text)).0;
        for a in ABSENCES.iter().filter(|a| begins(path, a.within) && !begins(path, a.except)) {
            for word in a.words {
                let at = places(&code, word);
                found.extend(
                    at.map(|at| format!("{path}:{}: `{word}`, see invariant {}", line(&code, at), a.invariant)),
                );
            }
        }
    }
    found
}

fn begins(path: &str, with: &[&str]) -> bool {
    with.iter().any(|w| path.starts_with(w))
}

/// Where `word` stands as a whole word.
fn places<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let whole = |at: usize| {
        let bytes = code.as_bytes();
        let lifetime = at > 0 && bytes[at - 1] == b'\'';
        let before = at > 0 && is_word(bytes[at - 1]) && is_word(word.as_bytes()[0]);
        !lifetime && !before && !bytes.get(at + word.len()).is_some_and(|b| is_word(*b))
    };
    code.match_indices(word).map(|m| m.0).filter(move |at| whole(*at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planted(path: &str, text: &str) -> usize {
        violations(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn what_the_machine_must_not_have_is_caught_there_and_free_elsewhere() {
        for text in ["async fn f() {}", "fn f() { g().await }", "static A: u8 = 0;", "use std::sync::Arc;"] {
            assert_eq!(planted("tumult-sim/src/kernel/net/link.rs", text), 1, "{text}");
            assert_eq!(planted("tumult-sim/src/net/udp.rs", text), 0, "{text}");
        }
        assert_eq!(planted("tumult-sim/src/kernel/a.rs", "fn f(_: &'static str, asynchronous: u8) {} // async"), 0);
    }

    #[test]
    fn unsafe_code_stands_where_it_is_listed_only() {
        assert_eq!(planted("models/src/a.rs", "fn f() { unsafe { g() } }"), 1);
        assert_eq!(planted("tumult-sim/src/context/run.rs", "fn f() { unsafe { g() } }"), 0);
        assert_eq!(planted("models/src/a.rs", "#[cfg(test)]\nmod tests { fn f() { unsafe { g() } } }"), 0);
    }

    #[test]
    fn exceptions_are_needed() {
        // An exception that nothing uses any more is to be taken back.
        let tree = super::super::tree();
        for a in ABSENCES {
            for place in a.except {
                let used = tree.rust().filter(|(path, _)| path.starts_with(place)).any(|(_, text)| {
                    let code = code(text);
                    a.words.iter().any(|w| places(&code, w).next().is_some())
                });
                assert!(used, "invariant {}: {place} needs no exception", a.invariant);
            }
        }
    }
}
