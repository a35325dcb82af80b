//! What the unit tests of several macros use.

use proc_macro2::TokenStream;
use syn::{Expr, ExprLit, File, Item, Lit};

/// An expansion, formatted for a snapshot.
pub(crate) fn pretty(tokens: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(tokens).expect("the expansion is a list of items"))
}

/// The messages of the `compile_error!`s in an expansion.
pub(crate) fn messages(tokens: &TokenStream) -> Vec<String> {
    let file: File = syn::parse2(tokens.clone()).expect("the expansion is a list of items");
    file.items
        .iter()
        .filter_map(|item| match item {
            Item::Macro(call) if call.mac.path.segments.last()?.ident == "compile_error" => {
                match syn::parse2(call.mac.tokens.clone()).ok()? {
                    Expr::Lit(ExprLit { lit: Lit::Str(message), .. }) => Some(message.value()),
                    _ => None,
                }
            }
            _ => None,
        })
        .collect()
}
