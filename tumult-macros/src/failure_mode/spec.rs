//! A failure mode's description, as far as the macro reads it: its title and its sections.
//!
//! It is Markdown; headings inside fenced code are text.

/// The sections, in the order of the template. `Recovery` is required with `recover` only; none may be empty.
pub(super) const REQUIRED: [&str; 8] =
    ["Trigger", "Symptoms", "Violates", "Detection", "Prevention", "Recovery", "Acceptance", "Stands for"];

/// A description.
pub(super) struct Spec<'a> {
    first_line: &'a str,
    sections: Vec<Section<'a>>,
}

/// What stands below one `## ` heading.
pub(super) struct Section<'a> {
    name: &'a str,
    lines: Vec<&'a str>,
}

impl<'a> Spec<'a> {
    /// Splits the text into its sections.
    pub(super) fn parse(text: &'a str) -> Self {
        let first_line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
        let mut sections: Vec<Section<'a>> = Vec::new();
        let mut fenced = false;
        for line in text.lines() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            }
            match line.strip_prefix("## ") {
                Some(name) if !fenced => sections.push(Section { name: name.trim(), lines: Vec::new() }),
                _ => {
                    if let Some(section) = sections.last_mut() {
                        section.lines.push(line);
                    }
                }
            }
        }
        Self { first_line, sections }
    }

    /// The ID and the name of a first line `# FM_001: name`.
    pub(super) fn title(&self) -> Option<(&'a str, &'a str)> {
        let (id, name) = self.first_line.strip_prefix("# ")?.split_once(':')?;
        Some((id.trim(), name.trim()))
    }

    /// The first section of that name.
    pub(super) fn section(&self, name: &str) -> Option<&Section<'a>> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// The names that more than one section has.
    pub(super) fn repeated(&self) -> impl Iterator<Item = &'a str> {
        self.sections.iter().enumerate().filter_map(|(index, section)| {
            let earlier = self.sections[..index].iter().filter(|earlier| earlier.name == section.name).count();
            (earlier == 1).then_some(section.name)
        })
    }
}

impl<'a> Section<'a> {
    /// Whether it says nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| line.trim().is_empty())
    }

    /// Its words: runs of letters, digits and underscores.
    pub(super) fn words(&self) -> impl Iterator<Item = &'a str> {
        self.lines.iter().flat_map(|line| line.split(|c: char| c != '_' && !c.is_alphanumeric()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\n# FM_001: retry duplication\n\n## Trigger\r\nA stall.\n```text\n## not a heading\n```\n\n\
                        ## Violates\n- `INV_001`, INV_002.\n## Empty\n\n## Trigger\n## Trigger\n";

    #[test]
    fn sections_are_found() {
        let spec = Spec::parse(TEXT);
        assert_eq!(spec.title(), Some(("FM_001", "retry duplication")));
        assert!(!spec.section("Trigger").unwrap().is_empty());
        assert!(spec.section("Empty").unwrap().is_empty());
        assert!(spec.section("not a heading").is_none());
        assert_eq!(spec.repeated().collect::<Vec<_>>(), ["Trigger"]);
        let words: Vec<_> = spec.section("Violates").unwrap().words().filter(|word| !word.is_empty()).collect();
        assert_eq!(words, ["INV_001", "INV_002"]);
    }

    #[test]
    fn a_text_without_a_title_has_none() {
        for text in ["", "FM_001: x", "# FM_001 x", "## FM_001: x"] {
            assert_eq!(Spec::parse(text).title(), None, "{text}");
        }
    }
}
