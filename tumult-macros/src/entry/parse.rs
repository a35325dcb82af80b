//! Tokens of `#[test(…)] fn …` to [`Entry`].

use proc_macro2::TokenStream;
use syn::{ItemFn, LitInt, LitStr, Path};

use super::Kind;
use crate::{
    args::{Args, CRATE, Key, SEEDS},
    errors::Errors,
    function,
};

const CHECKED: Key = Key { name: "checked", example: "checked" };
const ISOLATED: Key = Key { name: "isolated", example: "isolated" };
const SEARCH: Key = Key { name: "search", example: "search = \"portfolio\"" };
const SCHEDULE: Key = Key { name: "schedule", example: "schedule = \"random\"" };

/// A test or experiment as written.
pub(super) struct Entry {
    pub(super) seeds: Option<LitInt>,
    pub(super) schedule: Option<LitStr>,
    pub(super) search: Option<LitStr>,
    pub(super) isolated: bool,
    pub(super) checked: bool,
    pub(super) library: Path,
    pub(super) function: ItemFn,
}

/// None if the item is no function.
pub(super) fn parse(kind: Kind, attr: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Entry> {
    let shape = kind.shape();
    let args = Args::parse(shape.attribute, &[SEEDS, SCHEDULE, SEARCH, ISOLATED, CHECKED, CRATE], attr, errors);
    let seeds = args.integer(&SEEDS, errors);
    let schedule = args.string(&SCHEDULE, errors);
    let search = args.string(&SEARCH, errors);
    let isolated = args.flag(&ISOLATED, errors);
    let checked = args.flag(&CHECKED, errors);
    let library = args.library(errors);
    let function = function::parse(item, shape, errors)?;
    Some(Entry { seeds, schedule, search, isolated, checked, library, function })
}
