//! `cargo tumult replay`: one run again, by its token.

use std::process::ExitCode;
use std::str::FromStr;

use tumult_sim::search;

use crate::args::Replay;
use crate::cargo;
use crate::error::Error;
use crate::workspace::Workspace;

/// The token's text, which goes on to the test as it is, and what it says.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    text: String,
    says: search::Replay,
}

impl FromStr for Token {
    type Err = tumult_sim::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self { text: text.trim().to_owned(), says: text.parse()? })
    }
}

impl Token {
    /// The arguments of `cargo test` that run the token's test.
    fn arguments(&self, workspace: &Workspace) -> Result<Vec<String>, Error> {
        let search::Replay { package, target, path, .. } = &self.says;
        let Some(found) = workspace.package(package) else {
            let message =
                format!("replay: the token is of the package `{package}`, which is not here; go to its workspace");
            return Err(Error::new(message));
        };
        let Some(target) = found.target_arguments(target) else {
            return Err(Error::new(format!(
                "replay: the token is of `{target}` in the package `{package}`, which has no such crate; check out the \
                 commit that the token was made at"
            )));
        };
        let mut arguments = vec!["-p".to_owned(), package.clone()];
        arguments.extend(if target.is_empty() { vec!["--tests".to_owned()] } else { target });
        arguments.extend(["--", "--exact", path].map(str::to_owned));
        Ok(arguments)
    }

    /// The line that runs the token in a shell.
    pub(crate) fn command(&self, workspace: &Workspace) -> String {
        let says = &self.says;
        // What does not run from here runs from elsewhere.
        let arguments = self
            .arguments(workspace)
            .map_or_else(|_| format!("-p {} -- --exact {}", says.package, says.path), |arguments| arguments.join(" "));
        format!("TUMULT_REPLAY={} cargo test {arguments}", self.text)
    }
}

/// Runs it.
pub(crate) fn replay(args: &Replay) -> Result<ExitCode, Error> {
    let token = &args.token;
    let (workspace, _) = Workspace::here()?;
    let arguments = token.arguments(&workspace)?;
    let search::Replay { path, seed, warnings, .. } = &token.says;
    for warning in warnings {
        eprintln!("note: {warning}");
    }
    let mut variables = vec![("TUMULT_REPLAY", token.text.as_str().into())];
    variables.extend(args.trace.then(|| ("TUMULT_TRACE", "1".into())));
    let tested = cargo::test(&arguments, &variables)?;
    match (tested.success, tested.lines.built) {
        (true, _) if tested.lines.ran == 0 => Err(Error::new(format!(
            "replay: there is no test `{path}` any more; check out the commit that the token was made at"
        ))),
        (true, _) => {
            println!("{path} passes with seed {seed}");
            Ok(ExitCode::SUCCESS)
        }
        (false, true) => {
            println!("{path} fails with seed {seed}");
            Ok(ExitCode::FAILURE)
        }
        (false, false) => Err(Error::new("build the test: see cargo's message above")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_passed_on_as_it_is() {
        let text = "tm1:KgUwLjEuMBtrdjo6a3Y6OnRlc3RzOjpsaW5lYXJpemFibGU6H-1eAAAAAKqtjlA";
        let token: Token = format!(" {text}\n").parse().unwrap();
        let workspace = crate::workspace::tests::workspace("null");
        assert_eq!(
            token.command(&workspace),
            format!("TUMULT_REPLAY={text} cargo test -p kv --lib -- --exact tests::linearizable")
        );
        let elsewhere = Token {
            says: {
                let mut says = token.says.clone();
                says.package = "gone".into();
                says
            },
            ..token.clone()
        };
        assert!(elsewhere.arguments(&workspace).unwrap_err().to_string().contains("`gone`, which is not here"));
        let renamed = Token {
            says: {
                let mut says = token.says.clone();
                says.target = "gone".into();
                says
            },
            ..token
        };
        assert!(renamed.arguments(&workspace).unwrap_err().to_string().contains("no such crate; check out"));
    }
}
