//! The report of a run as one HTML file: it needs no server, no network and no other file.
//!
//! A constant shell, its style and its script, with the run as JSON put into it. What the run looks like is decided in the
//! browser: here it is only laid out in columns, so that a hundred thousand events are a few megabytes.

mod columns;
mod data;
mod intern;
mod lane;
mod probes;

pub(crate) use data::{PageData, RunData};

/// The shell, in which each of [`HOLES`] stands once.
const SHELL: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
/// One script in parts that share a scope: each file is one thing of the page.
const SCRIPT: &[&str] = &[
    include_str!("script/model.js"),
    include_str!("script/view.js"),
    include_str!("script/draw.js"),
    include_str!("script/diagram.js"),
    include_str!("script/panel.js"),
    include_str!("script/events.js"),
    include_str!("script/probes.js"),
    include_str!("script/tables.js"),
    include_str!("script/main.js"),
];

/// What is put into the shell, in this order.
const HOLES: [&str; 4] = ["{{title}}", "/*{{style}}*/", "{{data}}", "/*{{script}}*/"];

/// The page.
pub(crate) fn page(data: &PageData) -> String {
    // Within a `script` element nothing but `<` can end it or begin a comment, and JSON has that in texts alone.
    let json = serde_json::to_string(data).expect("it has no maps with keys that are no text").replace('<', "\\u003c");
    let script = format!("(() => {{\n\"use strict\";\n{}\n}})();", SCRIPT.join("\n"));
    let title = escaped(&data.title);
    let parts = [&*title, STYLE, &*json, &*script];
    let mut out = String::with_capacity(SHELL.len() + parts.iter().map(|p| p.len()).sum::<usize>());
    // From left to right, and what was put in is not looked at again: a payload may hold any text.
    let mut rest = SHELL;
    for (hole, part) in HOLES.into_iter().zip(parts) {
        let (before, after) = rest.split_once(hole).expect("the shell has its holes, in their order");
        out.push_str(before);
        out.push_str(part);
        rest = after;
    }
    out + rest
}

/// Text as it stands in HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_run_says_cannot_leave_its_place() {
        let title = "</title><script>{{data}}".to_owned();
        let text = "</script><!-- /*{{script}}*/".to_owned();
        let page = page(&PageData { title, text, runs: vec![] });
        assert!(page.contains("&lt;/title&gt;&lt;script&gt;{{data}}"), "the title is escaped and left as it is");
        assert!(page.contains(r"\u003c/script>\u003c!-- /*{{script}}*/"), "the text is data");
        assert_eq!(page.matches("</script>").count(), 2, "the data's and the script's");
    }

    #[test]
    fn the_page_needs_no_other_file() {
        let page = page(&PageData { title: "t".into(), text: String::new(), runs: vec![] });
        for outside in ["http://", "https://", "src=", "@import", "url(", "fetch(", "<link"] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(HOLES.iter().all(|hole| !page.contains(hole)));
    }
}
