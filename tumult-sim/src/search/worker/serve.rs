//! A worker, seen from itself.
//!
//! Between two forks it allocates nothing, so that every run finds the heap as the first one did.

use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::parent_id;
use std::sync::OnceLock;
use std::time::Duration;

use super::ask::{encode, parent};
use super::last::{self, Last};
use super::wire::Order;
use super::{Assignment, link, wire};
use crate::base::Time;
use crate::context::{Cause, isolation};
use crate::host::fork::{self, Ending, Shared, Tail};
use crate::search::environment::CHILD;
use crate::search::runner::Runner;
use crate::sim::{RunOutcome, Surroundings};

/// An order is rarely longer.
const ROOM: usize = 256 << 10;

/// What this process was started for, if it is a worker.
pub(in crate::search) fn assignment() -> Option<&'static Assignment> {
    static ASSIGNMENT: OnceLock<Option<Assignment>> = OnceLock::new();
    ASSIGNMENT.get_or_init(|| is_worker().then(|| socket().and_then(|mut s| link::receive(&mut s)).ok()?)?).as_ref()
}

/// Whether this process was started as a worker: by its parent, not by a farther ancestor.
pub(in crate::search) fn is_worker() -> bool {
    std::env::var_os(CHILD).is_some_and(|value| value == *parent(parent_id()))
}

fn socket() -> io::Result<UnixStream> {
    io::stdin().as_fd().try_clone_to_owned().map(UnixStream::from)
}

/// Does what it is asked, until nobody asks any more. The harness would go on to report a test that was no test.
pub(in crate::search) fn serve(runner: &Runner<'_>) -> ! {
    let code = match socket().and_then(|link| obey(link, runner)) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("failed to answer: {error}");
            1
        }
    };
    std::process::exit(code)
}

fn obey(mut link: UnixStream, runner: &Runner<'_>) -> io::Result<()> {
    link::send(&mut link, &fork::addresses_are_fixed())?;
    fork::fix_heap();
    let memory = Shared::new(last::SIZE)?;
    let (mut head, mut order) = (Vec::with_capacity(8), Vec::with_capacity(ROOM));
    let mut copy = vec![0; memory.len()];
    let mut said = Tail::new();
    io::stdout().flush()?;
    while link::read(&mut link, &mut head)? && link::read(&mut link, &mut order)? {
        let patience = u64::from_le_bytes(head.as_slice().try_into().map_err(io::Error::other)?);
        let mut answered = patience == 0;
        let ending = if patience == 0 {
            let mut answer = vec![];
            wire::write(&mut answer, perform(&order, None, runner))?;
            link::write(&mut link, &answer)?;
            Ending::Exited(0)
        } else {
            said.clear();
            last::clear(memory);
            let watched = link.try_clone()?;
            let run = |to: &mut dyn io::Write| {
                isolation::mark_isolated();
                let outcome = perform(&order, Some(memory), runner);
                let mut to = io::BufWriter::new(to);
                let written = wire::write(&mut to, outcome).and_then(|()| to.flush());
                written.expect("failed to tell what became of the run");
            };
            // What cannot be told is told by the next read.
            let mut answer = |bytes: &[u8]| {
                answered = true;
                drop(link::write(&mut link, bytes));
            };
            fork::run_in_child(watched.as_fd(), Duration::from_millis(patience), &mut said, &mut answer, &run)
        };
        if ending == Ending::Unwanted {
            return Ok(());
        }
        link::write(&mut link, &[])?;
        link::send(&mut link, &encode(ending))?;
        link::write(&mut link, said.bytes())?;
        let whole = answered && ending == Ending::Exited(0);
        if whole {
            link::write(&mut link, &[])?;
        } else {
            memory.read(0, &mut copy);
            link::write(&mut link, &copy)?;
        }
    }
    Ok(())
}

/// Makes the run, in this process.
fn perform(order: &[u8], memory: Option<Shared>, runner: &Runner<'_>) -> RunOutcome {
    let order: Order = serde_json::from_slice(order).expect("what we have written ourselves");
    let refused = |message: String| RunOutcome::failed(order.seed, Cause::Setup { message }, Time::ZERO);
    let config = match order.settings(&runner.config) {
        Ok(config) => config,
        Err(error) => return refused(error.to_string()),
    };
    // Whether the run is recorded or not: it must find the same heap. It is told of nothing that is not recorded.
    let echo = memory.map(|memory| Box::new(Last::new(memory)) as Box<_>);
    let surroundings = Surroundings { offers_isolation: false, echo };
    runner
        .here(&config, order.record, order.padding, surroundings)
        .unwrap_or_else(|| refused("a run asked for a process of its own where none was offered".into()))
}
