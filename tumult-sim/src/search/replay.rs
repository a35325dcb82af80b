//! What a replay token is for, as far as a tool has to know it to run the test.

use std::str::FromStr;

use super::token::Token;
use crate::base::{Error, Kind, Seed};

/// The test and the seed of a replay token.
///
/// ```
/// use tumult_sim::search::Replay;
///
/// let token = "tm1:KgUwLjEuMBtrdjo6a3Y6OnRlc3RzOjpsaW5lYXJpemFibGU6H-1eAAAAAKqtjlA";
/// let replay: Replay = token.parse().unwrap();
/// assert_eq!((&*replay.package, &*replay.target, &*replay.path), ("kv", "kv", "tests::linearizable"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replay {
    /// The test's full name: `package::crate::module::test`.
    pub test: String,
    /// The package of the test.
    pub package: String,
    /// The crate within the package: its library, a binary, or a file of integration tests.
    pub target: String,
    /// The test as the harness knows it: `module::test`.
    pub path: String,
    /// The run.
    pub seed: Seed,
    /// The plan of faults as text, if it is not the one that follows from the seed.
    pub plan: Option<String>,
    /// Why the run may not be the one that the token was made of.
    pub warnings: Vec<String>,
}

impl FromStr for Replay {
    type Err = Error;

    /// # Errors
    /// When it is no token, a damaged one, or one that no test of the harness stands for.
    fn from_str(text: &str) -> Result<Self, Error> {
        let token: Token = text.parse()?;
        let warnings = token.warnings();
        let plan = token.plan()?.map(|plan| plan.to_string());
        let parts = token.test.split_once("::").and_then(|(package, rest)| Some((package, rest.split_once("::")?)));
        let Some((package, (target, path))) = parts else {
            let message = format!(
                "replay: the token is of the search `{}`, which no test stands for; give it to `Search::replay` where \
                 that search is written",
                token.test
            );
            return Err(Error::new(Kind::Token, message));
        };
        Ok(Self {
            package: package.to_owned(),
            target: target.to_owned(),
            path: path.to_owned(),
            plan,
            test: token.test.clone(),
            seed: token.seed,
            warnings,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::task::Schedule;

    fn read(test: &str) -> Result<Replay, Error> {
        Token::new(test, Seed(7), Schedule::default()).to_string().parse()
    }

    #[test]
    fn the_parts_of_a_test_are_told_apart() {
        let replay = read("kv-store::kv_store::log::tests::survives").unwrap();
        assert_eq!((&*replay.package, &*replay.target), ("kv-store", "kv_store"));
        assert_eq!((&*replay.path, replay.seed), ("log::tests::survives", Seed(7)));
        assert_eq!(read("kv::crash::survives").unwrap().path, "survives");
    }

    #[test]
    fn a_search_without_a_test_is_refused_with_the_fix() {
        let error = read("one in eight is zero").unwrap_err();
        assert!(error.is_token());
        let message = error.to_string();
        assert!(
            message.contains("`one in eight is zero`") && message.contains("give it to `Search::replay`"),
            "{message}"
        );
        assert!("tm1:AAEC".parse::<Replay>().unwrap_err().is_token());
    }
}
