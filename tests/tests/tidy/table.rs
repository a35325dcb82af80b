//! Floors as tables: from bottom to top, a row a floor, and as a page shows them.

/// A table's rows as owned strings.
pub(crate) fn owned(floors: &[&[&str]]) -> Vec<Vec<String>> {
    floors.iter().map(|row| row.iter().map(|name| (*name).to_owned()).collect()).collect()
}

/// Which row names `name`.
pub(crate) fn floor_of(floors: &[&[&str]], name: &str) -> Option<usize> {
    floors.iter().position(|row| row.contains(&name))
}

/// The floors that a page's section shows: a Markdown table from top to bottom, names in backticks in its first column.
pub(crate) fn floors(page: &str, section: &str) -> Vec<Vec<String>> {
    let body = page.split("\n## ").find(|s| s.starts_with(section)).unwrap_or_default();
    let rows = body.lines().filter_map(|l| l.strip_prefix('|')?.split('|').next());
    let mut floors: Vec<Vec<String>> = rows
        .map(|first| first.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>())
        .filter(|names| !names.is_empty())
        .collect();
    floors.reverse();
    floors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_gives_its_floors_from_bottom_to_top() {
        let page = "# P\n## A\n| x | y |\n|---|---|\n| `top` | `not` this |\n| `a`, `b` | z |\n\n## B\n| `c` | |\n";
        assert_eq!(floors(page, "A"), [vec!["a", "b"], vec!["top"]]);
        assert_eq!(floor_of(&[&["a", "b"], &["top"]], "top"), Some(1));
    }
}
