//! A valid [`Entry`] to a test of the standard harness.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::AttrStyle;

use super::{Kind, parse::Entry};
use crate::{decl, function};

/// The outer function has the user's attributes, so that lints, `cfg` and `should_panic` hold for all of it. The
/// declaration has a block of its own: a static beside the user's function would hide one of that name in the user's
/// module. `x: &mut Experiment` hides a lifetime, which those who lint against that should not have to write here.
pub(super) fn expand(kind: Kind, entry: &Entry) -> TokenStream {
    let Entry { seeds, schedule, search, isolated, checked, library, function } = entry;
    let runner = match kind {
        Kind::Test => format_ident!("run_test"),
        Kind::Experiment => format_ident!("run_experiment"),
    };
    let attrs = function.attrs.iter().filter(|attr| matches!(attr.style, AttrStyle::Outer));
    let vis = &function.vis;
    let name = &function.sig.ident;
    let inner = function::inner(function);
    let order = (schedule.as_ref(), search.as_ref());
    let decl = decl::expand(library, name, seeds.as_ref(), order, (*isolated, *checked));
    // With the span of the parameter's type, that is where the compiler points when it is another type.
    let mut body = name.clone();
    body.set_span(function::subject_span(function));
    quote! {
        #[::core::prelude::v1::test]
        #(#attrs)*
        #vis fn #name() {
            #[allow(elided_lifetimes_in_paths)]
            #inner
            {
                static DECL: #library::__private::TestDecl = #decl;
                #library::__private::#runner(&DECL, #body);
            }
        }
    }
}
