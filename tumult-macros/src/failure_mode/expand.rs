//! A valid [`FailureMode`] to its function, its static, its registration and its tests.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, LitInt, Path, ext::IdentExt, parse_quote, spanned::Spanned};

use super::parse::FailureMode;
use crate::{decl, docs, function, ids};

/// Everything.
pub(super) fn expand(mode: &FailureMode) -> TokenStream {
    let FailureMode { id, spec, recover, library, function, .. } = mode;
    let Some(id) = id else { return function::kept(function) };
    let constant = Ident::new(&id.value(), id.span());
    // The compiler thereby also knows that it must build again when the file changes.
    let text = spec.as_ref().map(|spec| quote!(::core::include_str!(#spec)));
    let seeds = mode.seeds.clone().unwrap_or_else(default_seeds);
    let items = items(mode, &seeds, &text.unwrap_or_else(|| quote!("")));
    let cfgs: Vec<_> = docs::cfgs(&function.attrs).collect();
    let module = format_ident!("{}", id.value().to_lowercase(), span = id.span());
    let tests = ["repro", "prevent", "recover"].into_iter().filter(|test| *test != "recover" || *recover).map(|test| {
        let test = format_ident!("{test}");
        quote! {
            #[::core::prelude::v1::test]
            fn #test() {
                #library::__private::#test(&super::#constant);
            }
        }
    });
    quote! {
        #items

        #(#cfgs)*
        const _: () = {
            #[#library::__private::linkme::distributed_slice(#library::__private::FAILURE_MODES)]
            #[linkme(crate = #library::__private::linkme)]
            static ENTRY: &#library::__private::FailureMode = &#constant;
        };

        #(#cfgs)*
        #[cfg(test)]
        mod #module {
            #(#tests)*
        }
    }
}

/// The function and the static alone, for a failure mode with a mistake elsewhere. What may be the mistake is left out,
/// so that the compiler does not report it again.
pub(super) fn expand_unregistered(mode: &FailureMode) -> TokenStream {
    let items = items(mode, &default_seeds(), &quote!(""));
    quote! {
        #[allow(dead_code)]
        #items
    }
}

fn items(mode: &FailureMode, seeds: &LitInt, spec: &TokenStream) -> TokenStream {
    let FailureMode { id, violates, recover, library, function, .. } = mode;
    let Some(id) = id else { return function::kept(function) };
    let constant = Ident::new(&id.value(), id.span());
    let title = docs::title(&function.attrs).unwrap_or_default();
    let shared = docs::shared(&function.attrs);
    let name = &function.sig.ident;
    let text = name.unraw().to_string();
    let violates = violates.iter().flatten().filter(|path| ids::INVARIANT.matches(&ids::last(path))).map(info);
    let decl = decl::expand(library, name, Some(seeds), (None, None), (false, false));
    // With the span of the parameter's type, that is where the compiler points when it is another type.
    let mut scenario = name.clone();
    scenario.set_span(function::subject_span(function));
    let item = quote_spanned! {decl::defined_at(id)=>
        pub static #constant: #library::__private::FailureMode = #library::__private::FailureMode {
            id: #id,
            title: #title,
            name: #text,
            violates: &[#(#violates),*],
            seeds: #seeds,
            recover: #recover,
            spec: #spec,
            decl: #decl,
            scenario: #scenario,
        };
    };
    quote! {
        #[allow(elided_lifetimes_in_paths)]
        #function

        #(#shared)*
        #item
    }
}

/// 64 is what the examples use: enough to meet a common trigger, few enough for every build.
fn default_seeds() -> LitInt {
    parse_quote!(64)
}

/// With the span of the path, so that the compiler points there when it names something else.
fn info(path: &Path) -> TokenStream {
    let span = path.segments.last().map_or_else(|| path.span(), |last| last.ident.span());
    quote_spanned!(span=> #path.info)
}
