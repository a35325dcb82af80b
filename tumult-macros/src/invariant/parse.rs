//! Tokens of `#[invariant(…)] fn …` to [`Invariant`].

use proc_macro2::TokenStream;
use syn::{ItemFn, LitStr, Path};

use super::SHAPE;
use crate::{
    args::{Args, CRATE, Key},
    errors::Errors,
    function,
};

const ID: Key = Key { name: "id", example: "id = \"INV_001\"" };
const TAGS: Key = Key { name: "tags", example: "tags = [\"data\", \"recovery\"]" };

/// An invariant as written.
pub(super) struct Invariant {
    pub(super) id: Option<LitStr>,
    pub(super) tags: Vec<LitStr>,
    pub(super) library: Path,
    pub(super) function: ItemFn,
}

/// None if the item is no function.
pub(super) fn parse(attr: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Invariant> {
    let args = Args::parse(SHAPE.attribute, &[ID, TAGS, CRATE], attr, errors);
    args.require(&ID, errors);
    let id = args.string(&ID, errors);
    let tags = args.strings(&TAGS, errors).unwrap_or_default();
    let library = args.library(errors);
    let function = function::parse(item, &SHAPE, errors)?;
    Some(Invariant { id, tags, library, function })
}
