//! `#[failure_mode]`: a function that declares an experiment becomes a registered static with its tests, and its
//! description is checked against the attribute.

mod expand;
mod parse;
mod spec;
mod validate;

#[cfg(test)]
mod tests;

use std::path::Path;

use proc_macro2::TokenStream;

use crate::{
    errors::Errors,
    function::{self, Shape},
};

const SHAPE: Shape = Shape {
    attribute: "#[failure_mode]",
    example: "fn name(x: &mut Experiment) { … }",
    param: "x: &mut Experiment",
    mutable: true,
    returns: None,
};

/// Expands `attr` on `item`, whose source file is in `folder`. Without a folder the description is not checked. With a
/// mistake, the item stays and each mistake is a `compile_error!`; the static stays where its name is known.
pub(crate) fn expand(attr: TokenStream, item: TokenStream, folder: Option<&Path>) -> TokenStream {
    let mut errors = Errors::default();
    let mut output = match parse::parse(attr, item.clone(), folder, &mut errors) {
        None => item,
        Some(mode) => {
            let sound = validate::validate(&mode, &mut errors);
            match (errors.is_empty(), sound) {
                (true, _) => expand::expand(&mode),
                (false, true) => expand::expand_unregistered(&mode),
                (false, false) => function::kept(&mode.function),
            }
        }
    };
    output.extend(errors.to_tokens());
    output
}
