//! The `TestDecl` that every test, experiment and failure mode carries: who it is and how it wants to be searched.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Ident, LitInt, LitStr, Path, Visibility, ext::IdentExt};

use crate::errors::Errors;

/// Reports a number of seeds that is none.
pub(crate) fn validate_seeds(seeds: Option<&LitInt>, errors: &mut Errors) {
    let Some(seeds) = seeds else { return };
    if !matches!(seeds.suffix(), "" | "u64") {
        errors.at(seeds, format!("`seeds` takes a plain integer: write `seeds = {}`", seeds.base10_digits()));
        return;
    }
    match seeds.base10_parse::<u64>() {
        Ok(0) => errors.at(seeds, "`seeds` is at least 1: with none, nothing is tested"),
        Ok(_) => {}
        Err(_) => errors.at(seeds, "`seeds` does not fit into 64 bits: write a smaller number"),
    }
}

/// Reports a schedule that does not exist.
pub(crate) fn validate_schedule(schedule: Option<&LitStr>, errors: &mut Errors) {
    let Some(schedule) = schedule else { return };
    let name = schedule.value();
    if name == "random" || name == "fifo" {
        return;
    }
    match name.strip_prefix("pct(").and_then(|rest| rest.strip_suffix(')')) {
        Some(depth) if depth.bytes().all(|byte| byte.is_ascii_digit()) && depth.parse::<u32>().is_ok_and(|d| d > 0) => {
        }
        Some(depth) => {
            errors
                .at(schedule, format!("the depth of pct is an integer of at least 1, not `{depth}`: write \"pct(3)\""));
        }
        None => {
            errors.at(schedule, format!("unknown schedule `{name}`: write \"random\", \"fifo\" or \"pct(3)\""));
        }
    }
}

/// Reports a way to search that does not exist.
pub(crate) fn validate_search(search: Option<&LitStr>, errors: &mut Errors) {
    let Some(search) = search else { return };
    let name = search.value();
    if !matches!(&*name, "seeds" | "portfolio") {
        errors.at(search, format!("unknown search `{name}`: write \"seeds\" or \"portfolio\""));
    }
}

/// The expression of the declaration; what the compiler fills in is filled in where the user's function stands.
pub(crate) fn expand(
    library: &Path,
    name: &Ident,
    seeds: Option<&LitInt>,
    (schedule, search): (Option<&LitStr>, Option<&LitStr>),
    (isolated, checked): (bool, bool),
) -> TokenStream {
    let here = here(name);
    let text = name.unraw().to_string();
    let seeds = option(seeds);
    let (schedule, search) = (option(schedule), option(search));
    quote! {
        #library::__private::TestDecl {
            package: ::core::env!("CARGO_PKG_NAME"),
            name: #text,
            #here,
            manifest_dir: ::core::env!("CARGO_MANIFEST_DIR"),
            seeds: #seeds,
            schedule: #schedule,
            search: #search,
            isolated: #isolated,
            checked: #checked,
        }
    }
}

/// The fields `module`, `file` and `line` of the function `name`. The line is that of the name: without the span it
/// would be the attribute's.
pub(crate) fn here(name: &Ident) -> TokenStream {
    quote_spanned! {name.span()=>
        module: ::core::module_path!(),
        file: ::core::file!(),
        line: ::core::line!()
    }
}

/// Where an item named by a literal such as `"INV_001"` is defined, so that the compiler points at the literal when there
/// are two of them. It resolves as the expansion does, which keeps the user's lints out.
pub(crate) fn defined_at(id: &LitStr) -> Span {
    id.span().resolved_at(Span::call_site())
}

/// A visibility as part of an item that is defined at `span`. What is inside `pub(in …)` stays.
pub(crate) fn visibility_at(vis: &Visibility, span: Span) -> TokenStream {
    let move_there = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    vis.to_token_stream().into_iter().map(move_there).collect()
}

fn option<T: ToTokens>(value: Option<&T>) -> TokenStream {
    value.map_or_else(|| quote!(::core::option::Option::None), |value| quote!(::core::option::Option::Some(#value)))
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn seeds(seeds: &LitInt) -> Vec<String> {
        let mut errors = Errors::default();
        validate_seeds(Some(seeds), &mut errors);
        errors.messages()
    }

    fn schedule(schedule: &LitStr) -> Vec<String> {
        let mut errors = Errors::default();
        validate_schedule(Some(schedule), &mut errors);
        errors.messages()
    }

    #[test]
    fn seeds_are_a_positive_integer() {
        for right in [parse_quote!(1), parse_quote!(1_000), parse_quote!(0x10), parse_quote!(5u64)] {
            assert_eq!(seeds(&right), [""; 0]);
        }
        assert_eq!(seeds(&parse_quote!(0)), ["`seeds` is at least 1: with none, nothing is tested"]);
        assert_eq!(seeds(&parse_quote!(5u8)), ["`seeds` takes a plain integer: write `seeds = 5`"]);
        assert_eq!(
            seeds(&parse_quote!(18446744073709551616)),
            ["`seeds` does not fit into 64 bits: write a smaller number"]
        );
    }

    #[test]
    fn searches_are_known() {
        let said = |search: LitStr| {
            let mut errors = Errors::default();
            validate_search(Some(&search), &mut errors);
            errors.messages()
        };
        assert_eq!(said(parse_quote!("seeds")), [""; 0]);
        assert_eq!(said(parse_quote!("portfolio")), [""; 0]);
        assert_eq!(said(parse_quote!("swarm")), ["unknown search `swarm`: write \"seeds\" or \"portfolio\""]);
    }

    #[test]
    fn schedules_are_known() {
        for right in [parse_quote!("random"), parse_quote!("fifo"), parse_quote!("pct(1)"), parse_quote!("pct(30)")] {
            assert_eq!(schedule(&right), [""; 0]);
        }
        assert_eq!(
            schedule(&parse_quote!("lifo")),
            ["unknown schedule `lifo`: write \"random\", \"fifo\" or \"pct(3)\""]
        );
        for wrong in [parse_quote!("pct(0)"), parse_quote!("pct()"), parse_quote!("pct(+1)"), parse_quote!("pct(x)")] {
            assert_eq!(schedule(&wrong).len(), 1);
        }
    }
}
