//! Paths: `/` is the root of the process's own disk, and everything is relative to it.

use super::error::Cause;

/// The names on the way from the root. Relative paths start at the root too; `.`, `//` and `..` are resolved by
/// spelling, which is exact as there are no symbolic links and what is [`passed`] is there.
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

/// What a path passes on the way that its [`names`] do not show: each is a directory, or the path leads nowhere.
pub(super) fn passed(path: &str) -> Vec<Vec<&str>> {
    let mut passed = vec![];
    if path.contains("/.") {
        for (at, _) in path.match_indices("/.") {
            let rest = &path[at + 1..];
            let step = rest.split('/').next().unwrap_or_default();
            if matches!(step, "." | "..") {
                passed.extend(names(&path[..at]));
            }
        }
    }
    passed
}

/// Whether a path says that it names a directory: by a slash or a dot at its end.
pub(super) fn is_of_directory(path: &str) -> bool {
    path.ends_with('/') || path.ends_with("/.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_pass_directories() {
        assert_eq!(passed("/a/b/../c"), [["a", "b"]]);
        assert_eq!(passed("/a/./b/.c/..d"), [["a"]]);
        assert!(passed("/a/b/c").is_empty());
        assert!(is_of_directory("/a/") && is_of_directory("/a/.") && !is_of_directory("/a/b"));
    }

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
