//! `#[test]` and `#[experiment]`: functions that the test harness enters, one attribute each, alike in all but a name.

mod expand;
mod parse;
mod validate;

use proc_macro2::TokenStream;

use crate::{
    errors::Errors,
    function::{self, Shape},
};

/// Which of the two attributes it is.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A function of a `Sim`.
    Test,
    /// A function of an `Experiment`.
    Experiment,
}

impl Kind {
    fn shape(self) -> &'static Shape {
        match self {
            Self::Test => &Shape {
                attribute: "#[test]",
                example: "fn name(sim: &mut Sim) { … }",
                param: "sim: &mut Sim",
                mutable: true,
                returns: None,
            },
            Self::Experiment => &Shape {
                attribute: "#[experiment]",
                example: "fn name(x: &mut Experiment) { … }",
                param: "x: &mut Experiment",
                mutable: true,
                returns: None,
            },
        }
    }
}

/// Expands `attr` on `item`. With a mistake, the item stays and each mistake is a `compile_error!`.
pub(crate) fn expand(kind: Kind, attr: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut output = match parse::parse(kind, attr, item.clone(), &mut errors) {
        None => item,
        Some(entry) => {
            validate::validate(kind, &entry, &mut errors);
            if errors.is_empty() { expand::expand(kind, &entry) } else { function::kept(&entry.function) }
        }
    };
    output.extend(errors.to_tokens());
    output
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;
    use crate::testing::pretty;

    #[test]
    fn a_test_expands() {
        insta::assert_snapshot!(pretty(expand(
            Kind::Test,
            quote!(seeds = 500, schedule = "pct(3)", search = "portfolio"),
            quote! {
                /// Survives.
                #[should_panic]
                #[cfg(unix)]
                pub fn survives(sim: &mut Sim) {
                    #![allow(unused)]
                    sim.run();
                }
            },
        )));
    }

    #[test]
    fn a_test_without_arguments_expands() {
        insta::assert_snapshot!(pretty(expand(
            Kind::Test,
            quote!(),
            quote!(
                fn r#loop(_: &mut Sim) {}
            )
        )));
    }

    #[test]
    fn an_experiment_expands() {
        insta::assert_snapshot!(pretty(expand(
            Kind::Experiment,
            quote!(seeds = 1, crate = crate::sim),
            quote!(
                fn broker_loss(x: &mut Experiment) {
                    x.baseline(60);
                }
            ),
        )));
    }

    #[test]
    fn a_mistake_keeps_the_item() {
        insta::assert_snapshot!(pretty(expand(
            Kind::Test,
            quote!(seeds = 0, sched = "fifo"),
            quote!(
                fn survives(sim: &mut Sim) {
                    sim.run();
                }
            ),
        )));
    }

    #[test]
    fn what_is_no_function_stays_too() {
        insta::assert_snapshot!(pretty(expand(
            Kind::Experiment,
            quote!(seeds = "x"),
            quote!(
                struct NoFunction;
            )
        )));
    }
}
