//! The arguments of an attribute: `key = value` and bare `key`, separated by commas.
//!
//! The list is split at its commas first, so that a mistake in one argument hides none in the next. Each getter reports
//! a value of the wrong type at that value, with an example of a right one.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, ExprArray, ExprLit, Ident, Lit, LitInt, LitStr, Path, parse_quote};

use crate::errors::Errors;

/// A key that an attribute knows.
pub(crate) struct Key {
    /// The key itself.
    pub(crate) name: &'static str,
    /// The argument as a user may write it, for messages.
    pub(crate) example: &'static str,
}

/// `seeds`, as every attribute that searches has it.
pub(crate) const SEEDS: Key = Key { name: "seeds", example: "seeds = 64" };
/// Where the library is.
pub(crate) const CRATE: Key = Key { name: "crate", example: "crate = ::tumult_sim" };

struct Arg {
    key: Ident,
    /// None for a bare key; `Err` where something follows that is no expression, which has been reported.
    value: Option<Result<Expr, ()>>,
}

/// The arguments of one attribute.
pub(crate) struct Args {
    attribute: &'static str,
    args: Vec<Arg>,
}

impl Args {
    /// Parses the arguments of `attribute`, given as `#[name]`, and reports unknown and repeated keys.
    pub(crate) fn parse(attribute: &'static str, known: &[Key], attr: TokenStream, errors: &mut Errors) -> Self {
        let mut args: Vec<Arg> = Vec::new();
        for argument in split(attr, errors) {
            let Some(arg) = parse_one(argument, known, errors) else { continue };
            let key = &arg.key;
            if !known.iter().any(|known| key == known.name) {
                errors.at(key, format!("unknown key `{key}`: {attribute} knows {}", list(known)));
            } else if args.iter().any(|earlier| earlier.key == *key) {
                errors.at(key, format!("`{key}` is given twice: remove one"));
            } else {
                args.push(arg);
            }
        }
        Self { attribute, args }
    }

    /// Reports a key that is not there.
    pub(crate) fn require(&self, key: &Key, errors: &mut Errors) {
        if self.find(key).is_none() {
            let Self { attribute, .. } = self;
            errors.at_span(Span::call_site(), format!("{attribute} needs `{}`: add `{}`", key.name, key.example));
        }
    }

    /// Whether a bare key is there.
    pub(crate) fn flag(&self, key: &Key, errors: &mut Errors) -> bool {
        let arg = self.find(key);
        if let Some(Arg { value: Some(Ok(value)), .. }) = arg {
            errors.at(value, format!("`{0}` takes no value: write `{0}` alone, or leave it out", key.name));
        }
        arg.is_some()
    }

    /// An integer.
    pub(crate) fn integer(&self, key: &Key, errors: &mut Errors) -> Option<LitInt> {
        match self.value(key, errors)? {
            Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) => Some(int.clone()),
            other => wrong(other, key, "an integer", errors),
        }
    }

    /// A string.
    pub(crate) fn string(&self, key: &Key, errors: &mut Errors) -> Option<LitStr> {
        let value = self.value(key, errors)?;
        as_string(value).or_else(|| wrong(value, key, "a string", errors))
    }

    /// A list of strings. None if an item is none.
    pub(crate) fn strings(&self, key: &Key, errors: &mut Errors) -> Option<Vec<LitStr>> {
        let array = self.array(key, "a list of strings", errors)?;
        all(array, as_string, "strings", key, errors)
    }

    /// A list of paths to constants, and the span of its brackets. None if an item is none.
    pub(crate) fn paths(&self, key: &Key, errors: &mut Errors) -> Option<(Vec<Path>, Span)> {
        let array = self.array(key, "a list of constants", errors)?;
        let paths = all(array, |item| as_path(item).cloned(), "the constants themselves", key, errors)?;
        Some((paths, array.bracket_token.span.join()))
    }

    /// The path of the library, `::tumult_sim` unless `crate = …` says otherwise.
    pub(crate) fn library(&self, errors: &mut Errors) -> Path {
        let default = parse_quote!(::tumult_sim);
        if self.find(&CRATE).is_none() {
            return default;
        }
        let Some(value) = self.value(&CRATE, errors) else { return default };
        let Some(path) = as_path(value) else {
            return wrong(value, &CRATE, "a path", errors).unwrap_or(default);
        };
        // The expansion uses it inside modules of its own, where a path relative to the user's would mean another item.
        let first = &path.segments[0].ident;
        if path.leading_colon.is_none() && first != "crate" && first != "$crate" {
            let shown = path.to_token_stream().to_string().replace(' ', "");
            errors.at(path, format!("`crate` takes an absolute path: write `::{shown}` or `crate::{shown}`"));
        }
        path.clone()
    }

    fn find(&self, key: &Key) -> Option<&Arg> {
        self.args.iter().find(|arg| arg.key == key.name)
    }

    fn value(&self, key: &Key, errors: &mut Errors) -> Option<&Expr> {
        let arg = self.find(key)?;
        match &arg.value {
            Some(Ok(value)) => Some(ungrouped(value)),
            Some(Err(())) => None,
            None => {
                errors.at(&arg.key, format!("`{}` needs a value, as in `{}`", key.name, key.example));
                None
            }
        }
    }

    fn array(&self, key: &Key, kind: &str, errors: &mut Errors) -> Option<&ExprArray> {
        match self.value(key, errors)? {
            Expr::Array(array) => Some(array),
            other => wrong(other, key, kind, errors),
        }
    }
}

/// Converts every item, and reports each that is not of the kind.
fn all<T>(
    array: &ExprArray,
    convert: impl Fn(&Expr) -> Option<T>,
    kind: &str,
    key: &Key,
    errors: &mut Errors,
) -> Option<Vec<T>> {
    // Every item is looked at, not only those before the first mistake.
    let items: Vec<Option<T>> =
        array.elems.iter().map(|item| convert(ungrouped(item)).or_else(|| wrong(item, key, kind, errors))).collect();
    items.into_iter().collect()
}

/// Reports `value`, which is not what the key takes.
fn wrong<T>(value: &Expr, key: &Key, kind: &str, errors: &mut Errors) -> Option<T> {
    errors.at(value, format!("`{}` takes {kind}, as in `{}`", key.name, key.example));
    None
}

fn as_string(value: &Expr) -> Option<LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(string), .. }) => Some(string.clone()),
        _ => None,
    }
}

fn as_path(value: &Expr) -> Option<&Path> {
    match value {
        Expr::Path(path) if path.qself.is_none() => Some(&path.path),
        _ => None,
    }
}

/// What `macro_rules!` passes on arrives in invisible groups.
fn ungrouped(mut value: &Expr) -> &Expr {
    while let Expr::Group(group) = value {
        value = &group.expr;
    }
    value
}

/// The arguments, split at the commas. A trailing comma is none too many, two in a row are.
fn split(attr: TokenStream, errors: &mut Errors) -> Vec<Vec<TokenTree>> {
    let mut arguments = Vec::new();
    let mut current = Vec::new();
    for token in attr {
        match &token {
            TokenTree::Punct(comma) if comma.as_char() == ',' => {
                if current.is_empty() {
                    errors.at_span(comma.span(), "an argument is missing before this comma: remove the comma");
                } else {
                    arguments.push(std::mem::take(&mut current));
                }
            }
            _ => current.push(token),
        }
    }
    if !current.is_empty() {
        arguments.push(current);
    }
    arguments
}

fn parse_one(argument: Vec<TokenTree>, known: &[Key], errors: &mut Errors) -> Option<Arg> {
    let mut tokens = argument.into_iter();
    let first = tokens.next()?;
    let key = match first {
        TokenTree::Ident(key) => key,
        other => {
            errors.at(other, format!("expected `key = value`: the keys are {}", list(known)));
            return None;
        }
    };
    let example = known.iter().find(|known| key == known.name).map_or("key = value", |known| known.example);
    let Some(equals) = tokens.next() else { return Some(Arg { key, value: None }) };
    if !matches!(&equals, TokenTree::Punct(punct) if punct.as_char() == '=') {
        errors.at_span(opening(&equals), format!("expected `=` after `{key}`: write `{example}`"));
        return Some(Arg { key, value: Some(Err(())) });
    }
    let value: TokenStream = tokens.collect();
    let value = if value.is_empty() {
        errors.at(equals, format!("`{key}` needs a value, as in `{example}`"));
        Err(())
    } else {
        syn::parse2(value).map_err(|error| {
            errors.at_span(error.span(), format!("the value of `{key}` does not parse: write `{example}`"));
        })
    };
    Some(Arg { key, value: Some(value) })
}

fn opening(token: &TokenTree) -> Span {
    match token {
        TokenTree::Group(group) => Group::span_open(group),
        other => other.span(),
    }
}

fn list(known: &[Key]) -> String {
    let names: Vec<String> = known.iter().map(|key| format!("`{}`", key.name)).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    const NAME: Key = Key { name: "name", example: "name = \"x\"" };
    const TAGS: Key = Key { name: "tags", example: "tags = [\"a\"]" };
    const RECOVER: Key = Key { name: "recover", example: "recover" };

    fn parse(attr: TokenStream) -> (Args, Errors) {
        let mut errors = Errors::default();
        let args = Args::parse("#[it]", &[SEEDS, NAME, TAGS, RECOVER, CRATE], attr, &mut errors);
        (args, errors)
    }

    /// What is wrong with `attr` when every key is read.
    fn mistakes(attr: TokenStream) -> Vec<String> {
        let (args, mut errors) = parse(attr);
        args.integer(&SEEDS, &mut errors);
        args.string(&NAME, &mut errors);
        args.strings(&TAGS, &mut errors);
        args.flag(&RECOVER, &mut errors);
        args.library(&mut errors);
        errors.messages()
    }

    #[test]
    fn right_arguments_are_read() {
        let (args, mut errors) =
            parse(quote!(seeds = 500, name = "n", tags = ["a", "b"], recover, crate = crate::sim,));
        assert_eq!(args.integer(&SEEDS, &mut errors).unwrap().base10_digits(), "500");
        assert_eq!(args.string(&NAME, &mut errors).unwrap().value(), "n");
        let tags: Vec<_> = args.strings(&TAGS, &mut errors).unwrap().iter().map(LitStr::value).collect();
        assert_eq!(tags, ["a", "b"]);
        assert!(args.flag(&RECOVER, &mut errors));
        assert_eq!(args.library(&mut errors).to_token_stream().to_string(), quote!(crate::sim).to_string());
        assert_eq!(errors.messages(), [""; 0]);
    }

    #[test]
    fn absent_arguments_are_absent() {
        let (args, mut errors) = parse(quote!());
        assert!(args.integer(&SEEDS, &mut errors).is_none());
        assert!(!args.flag(&RECOVER, &mut errors));
        assert_eq!(args.library(&mut errors).to_token_stream().to_string(), quote!(::tumult_sim).to_string());
        assert!(errors.is_empty());
        args.require(&NAME, &mut errors);
        assert_eq!(errors.messages(), ["#[it] needs `name`: add `name = \"x\"`"]);
    }

    #[test]
    fn wrong_keys_are_reported() {
        assert_eq!(
            mistakes(quote!(seed = 5)),
            ["unknown key `seed`: #[it] knows `seeds`, `name`, `tags`, `recover` and `crate`"]
        );
        assert_eq!(mistakes(quote!(seeds = 1, seeds = 2)), ["`seeds` is given twice: remove one"]);
        assert_eq!(
            mistakes(quote!("n")),
            ["expected `key = value`: the keys are `seeds`, `name`, `tags`, `recover` and `crate`"]
        );
    }

    #[test]
    fn wrong_values_are_reported() {
        for (attr, message) in [
            (quote!(seeds = "5"), "`seeds` takes an integer, as in `seeds = 64`"),
            (quote!(seeds = -5), "`seeds` takes an integer, as in `seeds = 64`"),
            (quote!(seeds = 1.5), "`seeds` takes an integer, as in `seeds = 64`"),
            (quote!(seeds), "`seeds` needs a value, as in `seeds = 64`"),
            (quote!(seeds =), "`seeds` needs a value, as in `seeds = 64`"),
            (quote!(seeds(5)), "expected `=` after `seeds`: write `seeds = 64`"),
            (quote!(seeds = = 5), "the value of `seeds` does not parse: write `seeds = 64`"),
            (quote!(name = n), "`name` takes a string, as in `name = \"x\"`"),
            (quote!(tags = "a"), "`tags` takes a list of strings, as in `tags = [\"a\"]`"),
            (quote!(tags = ["a", b]), "`tags` takes strings, as in `tags = [\"a\"]`"),
            (quote!(recover = true), "`recover` takes no value: write `recover` alone, or leave it out"),
            (quote!(crate = "x"), "`crate` takes a path, as in `crate = ::tumult_sim`"),
            (quote!(crate = sim), "`crate` takes an absolute path: write `::sim` or `crate::sim`"),
            (quote!(seeds = 1,, recover), "an argument is missing before this comma: remove the comma"),
        ] {
            assert_eq!(mistakes(attr.clone()), [message], "{attr}");
        }
    }

    #[test]
    fn one_mistake_hides_no_other() {
        assert_eq!(mistakes(quote!(seeds = , name = 1, what = 2)).len(), 3);
    }
}
