//! Which events of `tracing` are kept: directives, as those of `RUST_LOG`.

use std::fmt;
use std::str::FromStr;

use tracing::Level;
use tracing::level_filters::LevelFilter;

use crate::base::{Error, Kind};

/// Which events of `tracing` are kept, as `info,my_crate=debug,h2=off`.
///
/// Each directive is a level, for all; a target and a level; or a target alone, which keeps everything. A target stands
/// for all that begin with it, and of several the longest counts. What none speaks of is not kept.
///
/// ```
/// use tumult_sim::trace::LogFilter;
///
/// let filter: LogFilter = "info,my_crate::raft=debug".parse()?;
/// assert!(filter.keeps("my_crate::raft::vote", tracing::Level::DEBUG));
/// assert!(!filter.keeps("my_crate", tracing::Level::DEBUG));
/// # Ok::<_, tumult_sim::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter {
    /// (target, up to which level), the longest target first.
    directives: Vec<(String, LevelFilter)>,
}

impl LogFilter {
    /// Up to this level from all targets.
    pub fn up_to(level: Level) -> Self {
        Self { directives: vec![(String::new(), level.into())] }
    }

    /// Whether an event of this target and level is kept.
    pub fn keeps(&self, target: &str, level: Level) -> bool {
        let of = self.directives.iter().find(|(prefix, _)| target.starts_with(&**prefix));
        of.is_some_and(|(_, most)| level <= *most)
    }

    /// No event beyond this level is kept, from whatever target.
    pub(crate) fn most(&self) -> LevelFilter {
        self.directives.iter().map(|(_, level)| *level).max().unwrap_or(LevelFilter::OFF)
    }
}

impl FromStr for LogFilter {
    type Err = Error;

    /// # Errors
    /// When a directive cannot be read: which one, and what to write.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::read(text).map_err(|fix| Error::new(Kind::Config, format!("read the log filter `{text}`: {fix}")))
    }
}

impl LogFilter {
    /// The filter, or which directive is wrong, and what to write.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let wrong = |directive: &str, fix: &str| Err(format!("`{directive}` is no directive: {fix}"));
        let mut directives: Vec<(String, LevelFilter)> = vec![];
        for directive in text.split(',').map(str::trim).filter(|d| !d.is_empty()) {
            if directive.contains(['[', ']', '{', '}']) {
                let fix = "spans and fields are not told apart here; write a target and a level, as my_crate=debug";
                return wrong(directive, fix);
            }
            let (target, level) = match directive.split_once('=') {
                Some((target, level)) => match (level.trim(), level.trim().parse()) {
                    (said, Ok(level)) if !said.is_empty() => (target.trim(), level),
                    _ => return wrong(directive, "write the level as off, error, warn, info, debug or trace"),
                },
                None => match directive.parse() {
                    Ok(level) => ("", level),
                    Err(_) => (directive, LevelFilter::TRACE),
                },
            };
            if target.is_empty() && directive.contains('=') {
                return wrong(directive, "the target is missing; write it before the level, as my_crate=debug");
            }
            if let Some(odd) = target.chars().find(|c| c.is_whitespace() || *c == '=') {
                let fix = format!("a target has no {odd:?} in it; part directives by commas, as info,my_crate=debug");
                return wrong(directive, &fix);
            }
            // What is said last of a target counts.
            directives.retain(|(known, _)| known != target);
            directives.push((target.to_owned(), level));
        }
        if directives.is_empty() {
            return Err("it is empty; write a level, as info, or info,my_crate=debug".into());
        }
        directives.sort_by_key(|(target, _)| std::cmp::Reverse(target.len()));
        Ok(Self { directives })
    }
}

impl fmt::Display for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (target, level)) in self.directives.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            let equals = if target.is_empty() { "" } else { "=" };
            write!(f, "{comma}{target}{equals}{level}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> LogFilter {
        text.parse().unwrap()
    }

    #[test]
    fn directives_work_both_ways() {
        for (text, target, level, kept) in [
            ("info", "a::b", Level::INFO, true),
            ("info", "a::b", Level::DEBUG, false),
            ("off", "a", Level::ERROR, false),
            ("INFO,a=debug", "a::b", Level::DEBUG, true),
            ("INFO,a=debug", "b", Level::DEBUG, false),
            ("a=debug,a::b=warn", "a::b::c", Level::INFO, false),
            ("a=debug,a::b=warn", "a::c", Level::DEBUG, true),
            ("a::b=warn , a=debug", "a::b", Level::WARN, true),
            ("a", "a::c", Level::TRACE, true),
            ("a", "b", Level::ERROR, false),
            ("trace,h2=off", "h2::proto", Level::ERROR, false),
            ("info,debug", "a", Level::DEBUG, true),
            ("a=1", "a", Level::WARN, false),
            (",info,", "a", Level::INFO, true),
        ] {
            assert_eq!(filter(text).keeps(target, level), kept, "{text}: {target} {level}");
            let again = filter(&filter(text).to_string());
            assert_eq!(again, filter(text), "{text}");
        }
        assert_eq!(filter("warn,a=debug").most(), LevelFilter::DEBUG);
        assert_eq!(LogFilter::up_to(Level::WARN), filter("warn"));
    }

    #[test]
    fn what_is_malformed_is_named_with_the_fix() {
        for (text, named, fix) in [
            ("a=loud", "`a=loud`", "off, error, warn, info, debug or trace"),
            ("info,a=", "`a=`", "off, error"),
            ("=info", "`=info`", "the target is missing"),
            ("info my_crate=debug", "`info my_crate=debug`", "part directives by commas"),
            ("a[span]=info", "`a[span]=info`", "spans and fields"),
            ("", "``", "it is empty"),
            (", ,", "`, ,`", "it is empty; write a level"),
        ] {
            let message = text.parse::<LogFilter>().unwrap_err().to_string();
            assert!(message.contains(named) && message.contains(fix), "{text}: {message}");
        }
    }
}
