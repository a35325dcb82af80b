//! Paths: `/` is the root of the process's own disk, and everything is relative to it.

use super::error::Cause;

/// The names on the way from the root. Relative paths start at the root too; `.`, `//` and `..` are resolved by
/// spelling, which is exact for existing directories as there are no symbolic links.
pub(super) fn names(path: &str) -> Result<Vec<&str>, Cause> {
    if path.is_empty() {
        return Err(Cause::NotFound);
    }
    if path.contains('\0') {
        return Err(Cause::Invalid);
    }
    let mut names = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised() {
        for (path, expected) in [
            ("/", vec![]),
            ("a", vec!["a"]),
            ("/a//b/./c/", vec!["a", "b", "c"]),
            ("/a/../../b", vec!["b"]),
            ("..", vec![]),
        ] {
            assert_eq!(names(path).unwrap(), expected, "{path}");
        }
        assert_eq!(names(""), Err(Cause::NotFound));
        assert_eq!(names("a\0b"), Err(Cause::Invalid));
    }
}
