//! A valid [`Invariant`] to its function, its constant and its registration.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Ident, ReturnType, Type, ext::IdentExt, spanned::Spanned};

use super::parse::Invariant;
use crate::{decl, docs, function};

/// The function, the constant and the registration.
pub(super) fn expand(invariant: &Invariant) -> TokenStream {
    let Invariant { id, library, function, .. } = invariant;
    let Some(id) = id else { return expand_unregistered(invariant) };
    let constant = Ident::new(&id.value(), id.span());
    let items = expand_unregistered(invariant);
    let cfgs = docs::cfgs(&function.attrs);
    quote! {
        #items

        #(#cfgs)*
        const _: () = {
            #[#library::__private::linkme::distributed_slice(#library::__private::INVARIANTS)]
            #[linkme(crate = #library::__private::linkme)]
            static ENTRY: &#library::__private::InvariantInfo = #constant.info;
        };
    }
}

/// The function and the constant alone, for an invariant with a mistake elsewhere.
pub(super) fn expand_unregistered(invariant: &Invariant) -> TokenStream {
    let Invariant { id, tags, library, function } = invariant;
    let (Some(id), Some(state)) = (id, function::subject(function)) else { return function::kept(function) };
    let constant = Ident::new(&id.value(), id.span());
    let title = docs::title(&function.attrs).unwrap_or_default();
    let shared = docs::shared(&function.attrs);
    let name = &function.sig.ident;
    let text = name.unraw().to_string();
    let here = decl::here(name);
    // The parameter fits by construction, so a mismatch is the return type's, and the compiler should point there.
    let mut check = name.clone();
    check.set_span(returned(&function.sig.output).unwrap_or(name.span()));
    let defined_at = decl::defined_at(id);
    let vis = decl::visibility_at(&function.vis, defined_at);
    let constant = quote_spanned! {defined_at=>
        #vis const #constant: #library::__private::Invariant<#state> = {
            static INFO: #library::__private::InvariantInfo = #library::__private::InvariantInfo {
                id: #id,
                title: #title,
                tags: &[#(#tags),*],
                name: #text,
                #here,
            };
            #library::__private::Invariant { info: &INFO, check: #check }
        };
    };
    // The signature is ours to demand: `&u32` and `&Vec<T>` are right here.
    quote! {
        #[allow(clippy::trivially_copy_pass_by_ref, clippy::ptr_arg)]
        #function

        #(#shared)*
        #constant
    }
}

fn returned(output: &ReturnType) -> Option<proc_macro2::Span> {
    match output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some(match &**ty {
            Type::Path(path) => path.path.segments.last()?.ident.span(),
            other => other.span(),
        }),
    }
}
