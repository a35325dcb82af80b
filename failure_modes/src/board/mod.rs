//! The mutant board, `docs/MUTANTS.md`: each policy is taken out of each scenario alone, and what the scenario's test would
//! have found is counted; a test compares the board with the file, and looks for policies that nothing notices.

#![expect(clippy::disallowed_methods, reason = "has a thread for each column")]

mod columns;
mod variants;

use std::fmt::Write as _;
use std::panic::resume_unwind;
use std::thread;

use tumult_models::job_queue::{Guard, JobQueue};

use crate::page::is_fresh;

/// Whether a column is a test, or a variant of a failure mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Test,
    Variant,
}

/// Runs a queue in a scenario with this seed, and with the operator's action or without. Gives whether it is a violation,
/// and nothing if the trigger was not met.
type Runs = Box<dyn Fn(u64, &JobQueue, bool) -> Option<bool> + Sync>;

/// A scenario.
struct Column {
    name: &'static str,
    kind: Kind,
    seeds: u64,
    /// The queue with all of its policies.
    queue: JobQueue,
    /// Whether an operator acts in it.
    acts: bool,
    runs: Runs,
}

/// What is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    Nothing,
    Policy(Guard),
    /// What an operator does.
    Reconcile,
}

/// What a scenario found without something: it is not in place there, or in so many of so many seeds that met the trigger
/// there was a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Absent,
    Violated(u64, u64),
}

impl Row {
    fn all() -> Vec<Self> {
        let policies = Guard::ALL.map(Self::Policy);
        [Self::Nothing].into_iter().chain(policies).chain([Self::Reconcile]).collect()
    }

    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "*nothing*",
            Self::Policy(guard) => guard.name(),
            Self::Reconcile => "reconcile",
        }
    }
}

impl Cell {
    fn is_violated(self) -> bool {
        matches!(self, Self::Violated(n, _) if n > 0)
    }

    fn text(self) -> String {
        match self {
            Self::Absent => "–".to_string(),
            Self::Violated(0, _) => "holds".to_string(),
            Self::Violated(n, of) => format!("**{n} of {of}**"),
        }
    }
}

impl Column {
    fn cell(&self, row: Row) -> Cell {
        let (queue, act) = match row {
            Row::Nothing => (self.queue.clone(), true),
            Row::Policy(guard) if self.queue.has(guard) => (self.queue.clone().without(guard), true),
            Row::Reconcile if self.acts => (self.queue.clone(), false),
            Row::Policy(_) | Row::Reconcile => return Cell::Absent,
        };
        let met: Vec<bool> = (0..self.seeds).filter_map(|seed| (self.runs)(seed, &queue, act)).collect();
        Cell::Violated(met.iter().filter(|violated| **violated).count() as u64, met.len() as u64)
    }
}

/// The board: what was taken out, in which scenario, and what came of it.
struct Board {
    columns: Vec<Column>,
    cells: Vec<(Row, Vec<Cell>)>,
}

impl Board {
    /// Each column by a thread of its own: runs have nothing in common.
    fn of(columns: Vec<Column>) -> Self {
        let rows = Row::all();
        let by_column: Vec<Vec<Cell>> = thread::scope(|scope| {
            let rows = &rows;
            let begin = |column| scope.spawn(move || rows.iter().map(|row| Column::cell(column, *row)).collect());
            let threads: Vec<_> = columns.iter().map(begin).collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
        });
        let cells = |n: usize| by_column.iter().map(|cells| cells[n]).collect();
        Self { cells: rows.iter().enumerate().map(|(n, row)| (*row, cells(n))).collect(), columns }
    }

    /// Policies that nothing misses, tests that miss nothing, and scenarios that are violated with all policies in place.
    fn gaps(&self) -> Vec<String> {
        let mut gaps = vec![];
        for (row, cells) in &self.cells {
            if *row == Row::Nothing {
                let wrong = self
                    .columns
                    .iter()
                    .zip(cells)
                    .filter(|(_, cell)| **cell == Cell::Violated(0, 0) || cell.is_violated());
                gaps.extend(
                    wrong.map(|(column, _)| format!("`{}` does not hold with all policies in place", column.name)),
                );
            } else if !cells.iter().any(|cell| cell.is_violated()) {
                gaps.push(format!("nothing notices that `{}` is taken out", row.name()));
            }
        }
        for (n, column) in self.columns.iter().enumerate() {
            if !self.cells.iter().any(|(row, cells)| *row != Row::Nothing && cells[n].is_violated()) {
                gaps.push(format!("`{}` notices no policy that is taken out", column.name));
            }
        }
        gaps
    }

    fn table(&self, kind: Kind) -> String {
        let of_kind: Vec<usize> = (0..self.columns.len()).filter(|n| self.columns[*n].kind == kind).collect();
        let mut text = String::from("| taken out |");
        for n in &of_kind {
            write!(text, " {} |", self.columns[*n].name).expect("a string has room");
        }
        writeln!(text, "\n|---{}|", "|---".repeat(of_kind.len())).expect("a string has room");
        for (row, cells) in &self.cells {
            if of_kind.iter().all(|n| cells[*n] == Cell::Absent) {
                continue;
            }
            write!(text, "| {} |", row.name()).expect("a string has room");
            for n in &of_kind {
                write!(text, " {} |", cells[*n].text()).expect("a string has room");
            }
            text.push('\n');
        }
        text
    }

    fn text(&self) -> String {
        format!(
            "# Mutants\n\n\
             Written by `TUMULT_BLESS=1 cargo test -p tumult-failure-modes board`; a test fails when it is stale.\n\n\
             Each policy of the job queue is taken out alone, and the scenarios of the prevent and recover tests run \
             without it. A cell says in how many of the seeds that met the trigger something was violated, so that the \
             test would have failed; `–` is where the policy is not in place, or has nothing to do. Every policy \
             is missed somewhere, and every test misses one: a test fails otherwise.\n\n\
             ## Tests\n\n{}\n\
             ## Variants\n\n\
             Where another policy masks it, or the trigger does not reach it, a policy is shown to be needed in a variant \
             of the failure mode. Those of FM_005 and FM_009 have the named policies alone, and a seed also counts \
             in which goodput is not back within the bound after the trigger.\n\n{}",
            self.table(Kind::Test),
            self.table(Kind::Variant),
        )
    }
}

#[test]
fn every_policy_is_missed_and_every_test_misses_one() {
    let board = Board::of(columns::all().into_iter().chain(variants::all()).collect());
    let gaps = board.gaps();
    assert!(gaps.is_empty(), "{}", gaps.join("\n"));
    is_fresh("../docs/MUTANTS.md", "board", &board.text());
}

#[test]
fn each_test_of_the_catalogue_has_its_column() {
    let columns: Vec<&str> = columns::all().iter().map(|column| column.name).collect();
    for mode in tumult_sim::lab::failure_modes().expect("the catalogue is sound") {
        for (part, is_there) in [("prevent", true), ("recover", mode.recover)] {
            let name = format!("{} {part}", mode.id);
            assert_eq!(columns.contains(&&*name), is_there, "`{name}`: write it into board/columns.rs");
        }
    }
}

#[test]
fn gaps_in_the_board_are_named() {
    let column = |name, violated: fn(&JobQueue) -> bool| Column {
        name,
        kind: Kind::Test,
        seeds: 2,
        queue: JobQueue::new(),
        acts: false,
        runs: Box::new(move |_, queue, _| Some(violated(queue))),
    };
    let broken = column("broken", |_| true);
    let blind = column("blind", |_| false);
    let sees = column("sees", |queue| !queue.has(Guard::Fencing));
    let gaps = Board::of(vec![broken]).gaps();
    assert_eq!(gaps[0], "`broken` does not hold with all policies in place");
    let gaps = Board::of(vec![blind, sees]).gaps();
    assert!(gaps.contains(&"`blind` notices no policy that is taken out".to_string()), "{gaps:?}");
    assert!(gaps.contains(&"nothing notices that `idempotent commit` is taken out".to_string()), "{gaps:?}");
    assert!(!gaps.iter().any(|gap| gap.contains("`sees`") || gap.contains("`fencing`")), "{gaps:?}");
}
