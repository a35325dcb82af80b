//! Tokens of a line of a plan.

/// One token, as it is written and as it is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A bare word.
    Word(String),
    /// A word in double quotes: always a name.
    Quoted(String),
    /// `{ } | , # -> <->`
    Mark(&'static str),
}

impl Token {
    /// The token as a message shows it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::Quoted(name) => quoted(name),
            Self::Mark(mark) => (*mark).to_owned(),
        }
    }
}

const MARKS: [&str; 7] = ["<->", "->", "{", "}", "|", ",", "#"];

fn is_bare(c: char) -> bool {
    c.is_alphanumeric() || "_.:/+-".contains(c)
}

/// Splits a line into tokens. The error is the token that is wrong, and why.
pub(super) fn lex(line: &str) -> Result<Vec<Token>, (String, &'static str)> {
    let mut tokens = vec![];
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '"' {
            let (name, length) = unquote(rest)?;
            tokens.push(Token::Quoted(name));
            rest = &rest[length..];
        } else if let Some(mark) = MARKS.into_iter().find(|mark| rest.starts_with(mark)) {
            tokens.push(Token::Mark(mark));
            rest = &rest[mark.len()..];
        } else {
            let end = rest.find(|c: char| !is_bare(c)).unwrap_or(rest.len());
            // An arrow may stand right behind a word.
            let end = if rest[end..].starts_with('>') && rest[..end].ends_with('-') { end - 1 } else { end };
            if end == 0 {
                return Err((first.into(), "a name with this character must stand in double quotes"));
            }
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

/// The name in the quotes that `text` begins with, and how many bytes it takes there.
fn unquote(text: &str) -> Result<(String, usize), (String, &'static str)> {
    let mut name = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((name, at + 1)),
            '\\' => match chars.next() {
                Some((_, 'n')) => name.push('\n'),
                Some((_, 'r')) => name.push('\r'),
                Some((_, c @ ('"' | '\\'))) => name.push(c),
                _ => return Err((text.to_owned(), "after a backslash comes one of \\ \" n r")),
            },
            c => name.push(c),
        }
    }
    Err((text.to_owned(), "the closing quote is missing"))
}

fn quoted(name: &str) -> String {
    let mut text = String::from('"');
    for c in name.chars() {
        match c {
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '"' | '\\' => text.extend(['\\', c]),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

/// A name as a plan shows it: bare where that is clear.
pub(super) fn name(name: &str) -> String {
    if !name.is_empty() && name.chars().all(is_bare) && name != "everyone" { name.to_owned() } else { quoted(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_comes_back() {
        for original in ["a", "n-1", "a b", "", "everyone", "say \"hi\"\\", "two\nlines\r", "{x}", "->", "#1", "größe"]
        {
            let written = name(original);
            let tokens = lex(&written).unwrap();
            assert!(
                matches!(&tokens[..], [Token::Word(n) | Token::Quoted(n)] if n == original),
                "{original} {written} {tokens:?}"
            );
        }
    }

    #[test]
    fn arrows_need_no_room() {
        let word = |w: &str| Token::Word(w.into());
        assert_eq!(lex("a->b").unwrap(), [word("a"), Token::Mark("->"), word("b")]);
        assert_eq!(lex("a<->b-c").unwrap(), [word("a"), Token::Mark("<->"), word("b-c")]);
        assert_eq!(lex("{a,b}|{c}").unwrap().len(), 9);
    }
}
