//! Tokens of `#[failure_mode(…)] fn …`, and the description that they name, to [`FailureMode`].

use std::{fs, io};

use proc_macro2::{Span, TokenStream};
use syn::{ItemFn, LitInt, LitStr, Path};

use super::SHAPE;
use crate::{
    args::{Args, CRATE, Key, SEEDS},
    errors::Errors,
    function,
};

const ID: Key = Key { name: "id", example: "id = \"FM_001\"" };
const VIOLATES: Key = Key { name: "violates", example: "violates = [INV_001]" };
const RECOVER: Key = Key { name: "recover", example: "recover" };
const SPEC: Key = Key { name: "spec", example: "spec = \"spec.md\"" };

/// A failure mode as written.
pub(super) struct FailureMode {
    pub(super) id: Option<LitStr>,
    /// None if it is missing or malformed, which has been reported.
    pub(super) violates: Option<Vec<Path>>,
    /// The brackets around `violates`.
    pub(super) brackets: Span,
    pub(super) seeds: Option<LitInt>,
    pub(super) recover: bool,
    pub(super) spec: Option<LitStr>,
    /// What the file `spec` says. None if there is no such file, which has been reported, or no folder to look in.
    pub(super) text: Option<String>,
    pub(super) library: Path,
    pub(super) function: ItemFn,
}

/// None if the item is no function.
pub(super) fn parse(
    attr: TokenStream,
    item: TokenStream,
    folder: Option<&std::path::Path>,
    errors: &mut Errors,
) -> Option<FailureMode> {
    let args = Args::parse(SHAPE.attribute, &[ID, VIOLATES, SEEDS, RECOVER, SPEC, CRATE], attr, errors);
    for required in [&ID, &VIOLATES, &SPEC] {
        args.require(required, errors);
    }
    let id = args.string(&ID, errors);
    let (violates, brackets) = args.paths(&VIOLATES, errors).unzip();
    let brackets = brackets.unwrap_or_else(Span::call_site);
    let seeds = args.integer(&SEEDS, errors);
    let recover = args.flag(&RECOVER, errors);
    let spec = args.string(&SPEC, errors);
    let library = args.library(errors);
    let text = match (&spec, folder) {
        (Some(spec), Some(folder)) => read(spec, folder, errors),
        _ => None,
    };
    let function = function::parse(item, &SHAPE, errors)?;
    Some(FailureMode { id, violates, brackets, seeds, recover, spec, text, library, function })
}

fn read(spec: &LitStr, folder: &std::path::Path, errors: &mut Errors) -> Option<String> {
    let path = folder.join(spec.value());
    fs::read_to_string(&path)
        .map_err(|error| {
            let path = path.display();
            let message = match error.kind() {
                io::ErrorKind::NotFound => format!(
                    "there is no file {path}: write it (the sections are in the docs of #[failure_mode]), or correct the \
                     path, which is relative to this source file"
                ),
                _ => format!("failed to read {path} as text: {error}"),
            };
            errors.at(spec, message);
        })
        .ok()
}
