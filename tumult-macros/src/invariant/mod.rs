//! `#[invariant]`: a function from an observed state to a verdict becomes a named constant, and is registered.

mod expand;
mod parse;
mod validate;

use proc_macro2::TokenStream;

use crate::{
    errors::Errors,
    function::{self, Shape},
};

const SHAPE: Shape = Shape {
    attribute: "#[invariant]",
    example: "fn name(state: &State) -> Verdict { … }",
    param: "state: &State",
    mutable: false,
    returns: Some("Verdict"),
};

/// Expands `attr` on `item`. With a mistake, the item stays and each mistake is a `compile_error!`; the constant stays
/// where its name and type are known, so that its users do not fail as well.
pub(crate) fn expand(attr: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut output = match parse::parse(attr, item.clone(), &mut errors) {
        None => item,
        Some(invariant) => {
            let sound = validate::validate(&invariant, &mut errors);
            match (errors.is_empty(), sound) {
                (true, _) => expand::expand(&invariant),
                (false, true) => expand::expand_unregistered(&invariant),
                (false, false) => function::kept(&invariant.function),
            }
        }
    };
    output.extend(errors.to_tokens());
    output
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;
    use crate::testing::{messages, pretty};

    #[test]
    fn an_invariant_expands() {
        insta::assert_snapshot!(pretty(expand(
            quote!(id = "INV_001", tags = ["data", "recovery"]),
            quote! {
                /// A job's logical effect is applied
                /// at most once.
                ///
                /// Retries included.
                #[cfg(unix)]
                #[inline]
                pub(crate) fn at_most_once(ledger: &EffectLedger) -> Verdict {
                    Verdict::Holds
                }
            },
        )));
    }

    #[test]
    fn another_crate_can_be_named() {
        insta::assert_snapshot!(pretty(expand(
            quote!(crate = crate, id = "INV_002"),
            quote! {
                /// Holds.
                fn holds(_: &[u8; 4]) -> Verdict { Verdict::Holds }
            },
        )));
    }

    #[test]
    fn a_mistake_keeps_the_constant_but_does_not_register_it() {
        insta::assert_snapshot!(pretty(expand(
            quote!(id = "INV_001", tags = ["durable"]),
            quote! {
                /// Holds.
                pub fn holds(_: &State) -> Verdict { Verdict::Holds }
            },
        )));
    }

    #[test]
    fn a_wrong_signature_keeps_the_function_alone() {
        insta::assert_snapshot!(pretty(expand(
            quote!(id = "INV_001"),
            quote! {
                /// Holds.
                pub fn holds(_: &State) {}
            },
        )));
    }

    #[test]
    fn each_mistake_gives_one_message() {
        let right = quote! {
            /// Holds.
            fn holds(_: &State) -> Verdict { Verdict::Holds }
        };
        for (attr, expected) in [
            (quote!(), "#[invariant] needs `id`: add `id = \"INV_001\"`"),
            (quote!(id = INV_001), "`id` takes a string, as in `id = \"INV_001\"`"),
            (quote!(id = "INV_1"), "an invariant's ID is `INV_` and three digits, as in \"INV_001\"; this is `INV_1`"),
            (
                quote!(id = "inv_001"),
                "an invariant's ID is `INV_` and three digits, as in \"INV_001\"; this is `inv_001`",
            ),
            (
                quote!(id = "INV_001", tags = ["fast"]),
                "unknown tag `fast`: the tags are `data`, `recovery` and `liveness`",
            ),
            (quote!(id = "INV_001", tags = ["data", "data"]), "the tag `data` is given twice: remove one"),
        ] {
            assert_eq!(messages(&expand(attr.clone(), right.clone())), [expected], "{attr}");
        }
        let undocumented = quote!(
            fn holds(_: &State) -> Verdict {
                Verdict::Holds
            }
        );
        assert_eq!(
            messages(&expand(quote!(id = "INV_001"), undocumented)),
            ["`holds` has no doc comment: its first paragraph is the title in reports; write `/// …` above"]
        );
    }
}
