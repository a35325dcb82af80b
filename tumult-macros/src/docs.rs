//! Doc comments: the title that an invariant or failure mode takes from its function, and the attributes that every
//! item made from a function shares with it.

use syn::{Attribute, Expr, ExprLit, ItemFn, Lit, Meta};

use crate::errors::Errors;

/// The first paragraph of the doc comment on one line, without its full stop. None if there is none.
pub(crate) fn title(attrs: &[Attribute]) -> Option<String> {
    let text: Vec<String> = attrs.iter().filter_map(text_of).collect();
    let text = text.join("\n");
    let paragraph: Vec<&str> =
        text.lines().map(str::trim).skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty()).collect();
    let title = paragraph.join(" ");
    let title = title.strip_suffix('.').unwrap_or(&title);
    (!title.is_empty()).then(|| title.to_owned())
}

/// Reports a function that has no title.
pub(crate) fn require_title(function: &ItemFn, errors: &mut Errors) {
    if title(&function.attrs).is_none() {
        let name = &function.sig.ident;
        errors.at(
            name,
            format!("`{name}` has no doc comment: its first paragraph is the title in reports; write `/// …` above"),
        );
    }
}

/// The attributes that the made items share with the function: docs and `cfg`.
pub(crate) fn shared(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("doc") || attr.path().is_ident("cfg"))
}

/// The `cfg` attributes, for made items that need no docs.
pub(crate) fn cfgs(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg"))
}

fn text_of(attr: &Attribute) -> Option<String> {
    match &attr.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn title_of(function: &ItemFn) -> Option<String> {
        title(&function.attrs)
    }

    #[test]
    fn the_title_is_the_first_paragraph_without_its_full_stop() {
        let one: ItemFn = parse_quote! {
            /// Applied at most once.
            ///
            /// More.
            fn f() {}
        };
        assert_eq!(title_of(&one).as_deref(), Some("Applied at most once"));
        let wrapped: ItemFn = parse_quote! {
            #[doc(hidden)]
            ///
            /// Applied at
            /// most once
            fn f() {}
        };
        assert_eq!(title_of(&wrapped).as_deref(), Some("Applied at most once"));
    }

    #[test]
    fn no_words_are_no_title() {
        let none: ItemFn = parse_quote! { fn f() {} };
        let blank: ItemFn = parse_quote! {
            /// .
            fn f() {}
        };
        let included: ItemFn = parse_quote! { #[doc = include_str!("x.md")] fn f() {} };
        for function in [none, blank, included] {
            assert_eq!(title_of(&function), None);
            let mut errors = Errors::default();
            require_title(&function, &mut errors);
            assert_eq!(errors.count(), 1);
        }
    }
}
