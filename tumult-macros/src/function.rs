//! The function below an attribute: what all four attributes ask of its signature.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{AttrStyle, FnArg, ItemFn, ReturnType, Signature, Type, TypeReference, spanned::Spanned};

use crate::errors::Errors;

/// What an attribute asks of its function.
pub(crate) struct Shape {
    /// The attribute, as `#[test]`.
    pub(crate) attribute: &'static str,
    /// The signature as a user may write it.
    pub(crate) example: &'static str,
    /// The parameter as a user may write it.
    pub(crate) param: &'static str,
    /// Whether the parameter is `&mut T`, or else `&T`.
    pub(crate) mutable: bool,
    /// What the function returns, as a user may write it; None for nothing.
    pub(crate) returns: Option<&'static str>,
}

/// Parses the item, which must be a function with a body.
pub(crate) fn parse(item: TokenStream, shape: &Shape, errors: &mut Errors) -> Option<ItemFn> {
    syn::parse2(item)
        .map_err(|error| {
            errors.at_span(error.span(), format!("{} goes on a function, `{}`", shape.attribute, shape.example));
        })
        .ok()
}

/// Reports whatever in the signature is not of the shape.
pub(crate) fn validate(function: &ItemFn, shape: &Shape, errors: &mut Errors) {
    let signature = &function.sig;
    plain(signature, shape, errors);
    if let Some(reference) = parameter(signature, shape, errors) {
        reference_shape(reference, shape, errors);
    }
    result(signature, shape, errors);
}

/// Reports a second attribute that would make a test of the function too.
pub(crate) fn validate_only_test(function: &ItemFn, shape: &Shape, errors: &mut Errors) {
    for attr in &function.attrs {
        let last = attr.path().segments.last();
        if last.is_some_and(|last| last.ident == "test" || last.ident == "experiment" || last.ident == "failure_mode") {
            errors.at(attr.path(), format!("{} already makes the test: remove this attribute", shape.attribute));
        }
    }
}

/// The `T` of the `&T` or `&mut T` that a validated function takes.
pub(crate) fn subject(function: &ItemFn) -> Option<&Type> {
    match function.sig.inputs.first()? {
        FnArg::Typed(param) => match &*param.ty {
            Type::Reference(reference) => Some(&reference.elem),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    }
}

/// The function as the user wrote it, when the expansion gave up. Nothing calls it then, which is no news.
pub(crate) fn kept(function: &ItemFn) -> TokenStream {
    quote! {
        #[allow(dead_code)]
        #function
    }
}

/// The function without its visibility and outer attributes, which have moved to what stands around it.
pub(crate) fn inner(function: &ItemFn) -> ItemFn {
    let mut inner = function.clone();
    inner.attrs.retain(|attr| matches!(attr.style, AttrStyle::Inner(_)));
    inner.vis = syn::Visibility::Inherited;
    inner
}

fn plain(signature: &Signature, shape: &Shape, errors: &mut Errors) {
    let Shape { attribute, example, .. } = shape;
    if let Some(token) = &signature.asyncness {
        errors.at(
            token,
            format!("a function with {attribute} is not async: remove `async`, and await in the bodies of processes"),
        );
    }
    if let Some(token) = &signature.constness {
        errors.at(token, format!("a function with {attribute} is not const: write `{example}`"));
    }
    if let syn::Safety::Unsafe(token) = &signature.safety {
        errors.at(token, format!("a function with {attribute} is safe to call: write `{example}`"));
    }
    if let Some(token) = &signature.abi {
        errors.at(token, format!("a function with {attribute} is a Rust function: write `{example}`"));
    }
    if let Some(generic) = signature.generics.params.first() {
        errors.at(generic, format!("a function with {attribute} is not generic: write `{example}`"));
    } else if let Some(clause) = &signature.generics.where_clause {
        errors.at(clause.where_token, format!("a function with {attribute} is not generic: write `{example}`"));
    }
}

fn parameter<'a>(signature: &'a Signature, shape: &Shape, errors: &mut Errors) -> Option<&'a Type> {
    let Shape { attribute, example, param, .. } = shape;
    if let Some(extra) = signature.inputs.iter().nth(1) {
        errors.at(extra, format!("a function with {attribute} takes one parameter, `{param}`: remove this one"));
    }
    match signature.inputs.first() {
        None => {
            let parens = signature.paren_token.span.join();
            errors.at_span(parens, format!("a function with {attribute} takes one parameter: write `{example}`"));
            None
        }
        Some(FnArg::Receiver(receiver)) => {
            let message = format!("a function with {attribute} is no method: move it out and write `{example}`");
            errors.at(receiver.self_token, message);
            None
        }
        Some(FnArg::Typed(typed)) => Some(&typed.ty),
    }
}

fn reference_shape(ty: &Type, shape: &Shape, errors: &mut Errors) {
    let Shape { attribute, param, mutable, .. } = shape;
    let reference = match ty {
        Type::Reference(reference) => reference,
        other => {
            errors.at(other, format!("a function with {attribute} takes a reference: write `{param}`"));
            return;
        }
    };
    let TypeReference { lifetime, mutability, elem, .. } = reference;
    match mutability {
        None if *mutable => {
            errors.at(reference, format!("a function with {attribute} takes `&mut`: write `{param}`"));
        }
        Some(token) if !*mutable => {
            errors.at(token, format!("a function with {attribute} only reads: write `{param}`, without `mut`"));
        }
        _ => {}
    }
    if let Some(lifetime) = lifetime {
        errors.at(lifetime, format!("a function with {attribute} takes a reference of any lifetime: write `{param}`"));
    }
    if let Type::ImplTrait(generic) = &**elem {
        errors.at(generic, format!("a function with {attribute} is not generic: name the type, as in `{param}`"));
    }
}

fn result(signature: &Signature, shape: &Shape, errors: &mut Errors) {
    let Shape { attribute, example, returns, .. } = shape;
    let returned = match &signature.output {
        ReturnType::Type(_, ty) if !matches!(&**ty, Type::Tuple(unit) if unit.elems.is_empty()) => Some(ty),
        _ => None,
    };
    match (returned, returns) {
        (Some(ty), None) => {
            errors
                .at(ty, format!("a function with {attribute} returns nothing: remove the type; a failed check panics"));
        }
        (None, Some(returns)) => match &signature.output {
            ReturnType::Type(_, unit) => {
                errors.at(unit, format!("a function with {attribute} returns `{returns}`: write `{example}`"));
            }
            ReturnType::Default => {
                let parens = signature.paren_token.span.join();
                let message = format!("a function with {attribute} returns `{returns}`: add `-> {returns}` after this");
                errors.at_span(parens, message);
            }
        },
        _ => {}
    }
}

/// Where a message about the function's parameter type should point.
pub(crate) fn subject_span(function: &ItemFn) -> proc_macro2::Span {
    match subject(function) {
        Some(Type::Path(path)) => path.path.segments.last().map_or_else(|| path.span(), |last| last.ident.span()),
        Some(other) => other.span(),
        None => function.sig.ident.span(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MUTABLE: Shape =
        Shape { attribute: "#[it]", example: "fn f(x: &mut X)", param: "x: &mut X", mutable: true, returns: None };
    const SHARED: Shape =
        Shape { attribute: "#[it]", example: "fn f(x: &X) -> V", param: "x: &X", mutable: false, returns: Some("V") };

    fn mistakes(item: &str, shape: &Shape) -> Vec<String> {
        let mut errors = Errors::default();
        if let Some(function) = parse(item.parse().expect("tokens"), shape, &mut errors) {
            validate(&function, shape, &mut errors);
            validate_only_test(&function, shape, &mut errors);
        }
        errors.messages()
    }

    #[test]
    fn right_functions_pass() {
        for item in ["fn f(x: &mut X) {}", "pub fn f(_: &mut a::X<'_>) -> () {}"] {
            assert_eq!(mistakes(item, &MUTABLE), [""; 0]);
        }
        for item in ["fn f(x: &X) -> V {}", "#[allow(x)] pub(crate) fn f(x: &[u8; 4]) -> a::V {}"] {
            assert_eq!(mistakes(item, &SHARED), [""; 0]);
        }
    }

    #[test]
    fn each_mistake_gives_one_message() {
        let of_tests = [
            ("struct X;", "goes on a function"),
            ("fn f(x: &mut X);", "goes on a function"),
            ("async fn f(x: &mut X) {}", "is not async"),
            ("const fn f(x: &mut X) {}", "is not const"),
            ("unsafe fn f(x: &mut X) {}", "is safe to call"),
            ("extern \"C\" fn f(x: &mut X) {}", "is a Rust function"),
            ("fn f<T>(x: &mut X) {}", "is not generic"),
            ("fn f(x: &mut X) where X: Copy {}", "is not generic"),
            ("fn f() {}", "takes one parameter: write"),
            ("fn f(&self) {}", "is no method"),
            ("fn f(x: &mut X, y: u8) {}", "remove this one"),
            ("fn f(x: X) {}", "takes a reference"),
            ("fn f(x: &X) {}", "takes `&mut`"),
            ("fn f(x: &'static mut X) {}", "of any lifetime"),
            ("fn f(x: &mut impl X) {}", "name the type"),
            ("fn f(x: &mut X) -> u8 {}", "returns nothing"),
            ("#[test] fn f(x: &mut X) {}", "already makes the test"),
            ("#[tokio::test] fn f(x: &mut X) {}", "already makes the test"),
        ];
        let of_invariants = [
            ("fn f(x: &mut X) -> V {}", "only reads"),
            ("fn f(x: &X) {}", "add `-> V`"),
            ("fn f(x: &X) -> () {}", "returns `V`"),
        ];
        let of_tests = of_tests.map(|case| (case, &MUTABLE));
        let of_invariants = of_invariants.map(|case| (case, &SHARED));
        for ((item, expected), shape) in of_tests.into_iter().chain(of_invariants) {
            let mistakes = mistakes(item, shape);
            assert!(mistakes.len() == 1 && mistakes[0].contains(expected), "{item}: {mistakes:?}");
        }
    }
}
