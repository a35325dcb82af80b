//! What the code under test says by `tracing`, and everything that happened: kept for the report, printed where the
//! environment asks for it.
//!
//! It is listened to in a run of its own, which counts if it is the same: an expression in a macro of `tracing` is
//! evaluated only where somebody listens, and may act.

use std::io::{BufWriter, Write as _};

use super::padding::Padding;
use super::runner::Runner;
use crate::report::Scene;
use crate::sim::{RunOutcome, SimConfig};
use crate::trace::LogFilter;

/// What is kept of what the code says, and what of a run is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Logs {
    /// Which events of `tracing` a report shows.
    pub(crate) filter: LogFilter,
    /// These are printed.
    pub(crate) prints: bool,
    /// Everything that happened is printed.
    pub(crate) traces: bool,
}

impl Default for Logs {
    fn default() -> Self {
        Self { filter: LogFilter::up_to(tracing::Level::INFO), prints: false, traces: false }
    }
}

/// What is said where listening makes it another run.
const OTHER: &str = "what the code says by `tracing` is not shown: the run is another one where somebody listens, as an \
                     expression in a macro of `tracing` draws randomness, waits or sends; take it out of the macro";

impl Logs {
    /// Puts what the code says into a recorded run. What is to be known of it otherwise.
    pub(super) fn listen(&self, runner: &Runner<'_>, config: &SimConfig, recorded: &mut RunOutcome) -> Option<String> {
        if recorded.recording.is_none() || self.filter.most() == tracing::level_filters::LevelFilter::OFF {
            return None;
        }
        let config = SimConfig { log: Some(self.filter.clone()), ..config.clone() };
        let listened = runner.run_as(&config, true, Padding::NONE);
        let (Some(heard), Some(recording)) = (listened.recording, &mut recorded.recording) else { return None };
        if listened.trace != recorded.trace {
            return Some(OTHER.to_owned());
        }
        recording.say_as(&heard);
        None
    }

    /// Prints of a recorded run what was asked for. Past the harness, which would show it for tests that fail alone.
    pub(super) fn print(&self, recorded: &RunOutcome) {
        let Some(recording) = &recorded.recording else { return };
        let scene = Scene { recording, names: &recorded.process_names };
        let lines: Box<dyn Iterator<Item = String>> = if self.traces {
            Box::new(scene.all())
        } else if self.prints {
            Box::new(scene.logs(recorded.seed))
        } else {
            return;
        };
        let mut to = BufWriter::new(std::io::stderr().lock());
        // Where nobody reads it, it is nobody's loss.
        let _ = lines.into_iter().try_for_each(|line| writeln!(to, "{line}"));
    }

    /// Whether a run is printed that holds.
    pub(super) fn is_asked_for(&self) -> bool {
        self.prints || self.traces
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tracing::{debug, info, warn};

    use crate::search::Search;
    use crate::sim::Sim;
    use crate::{process, time::sleep};

    fn report(test: fn(&mut Sim), search: Search) -> String {
        search.seeds(3).run(test).report().unwrap().to_owned()
    }

    fn loses(sim: &mut Sim) {
        sim.primary("a", || async {
            debug!("not told");
            sleep(Duration::from_millis(1)).await;
            info!(term = 8, "became leader");
            warn!("loses");
            panic!("lost");
        });
        sim.run();
    }

    #[test]
    fn what_the_code_says_is_in_the_report_at_its_place() {
        let text = report(loses, Search::new("loses"));
        let target = module_path!();
        let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what} is not in\n{text}"));
        let first = place(&format!("a  INFO {target}: became leader term=8"));
        let second = place(&format!("a  WARN {target}: loses"));
        assert!(first < second && second < text.rfind("lost").unwrap(), "{text}");
        assert!(!text.contains("not told") && !text.contains("is not shown"), "{text}");
        let all = report(loses, Search::new("loses").log("debug".parse().unwrap()));
        assert!(all.contains("DEBUG") && all.contains("not told"), "{all}");
        let none = report(loses, Search::new("loses").log("off".parse().unwrap()));
        assert!(!none.contains("INFO") && none.contains("replayed 3 times"), "{none}");
    }

    #[test]
    fn where_listening_makes_it_another_run_nothing_is_shown_but_why() {
        let draws = |sim: &mut Sim| {
            sim.primary("a", || async {
                info!(dice = process::random_u64(), "draws");
                sleep(Duration::from_nanos(process::random_below(1 << 40))).await;
                panic!("lost");
            });
            sim.run();
        };
        let text = report(draws, Search::new("draws"));
        assert!(text.contains("NOTE    what the code says by `tracing` is not shown"), "{text}");
        assert!(!text.contains("INFO") && text.contains("replayed 3 times"), "{text}");
    }
}
