//! Panics inside a run are caught and become its result: the hook keeps the message and prints nothing.

use std::any::Any;
use std::cell::RefCell;
use std::sync::Once;

use super::Run;

/// What a panic said and where.
#[derive(Clone, Debug)]
pub(crate) struct Caught {
    pub(crate) message: String,
    pub(crate) site: String,
}

/// How the words of a panic end that came from `unwrap` of what a thread panicked with.
const OF_THREAD: &str = "Any { .. }";

/// More panics than this do not unwind within each other.
const SAID_MAX: usize = 16;

thread_local! {
    /// The latest last. A panic that is caught within another's unwinding is taken before it; one that user code caught
    /// by itself is left, so the list is bounded.
    static SAID: RefCell<Vec<Caught>> = const { RefCell::new(Vec::new()) };
}

/// Installs the hook, once a process. Threads outside a run keep the hook that was there.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let Some(run) = super::try_current() else { return before(info) };
            // What is noted is ours: no call of it is the program's.
            crate::host::outside(|| {
                if !run.quiet.get() {
                    before(info);
                }
                let said = text(info.payload()).unwrap_or("a payload that is no text").to_owned();
                let site = info.location().map_or_else(String::new, |l| format!("{}:{}", l.file(), l.line()));
                note(run, said, site);
            });
        }));
    });
}

/// Keeps what a panic said, for who catches it.
fn note(run: &Run, mut message: String, site: String) {
    let process = run.world.try_borrow().ok().and_then(|world| world.actor.map(|actor| actor.process));
    if !message.ends_with(OF_THREAD) {
        let said = if site.is_empty() { message.clone() } else { format!("{message} ({site})") };
        run.said.replace(Some((process, said)));
    } else if let Some((by, said)) = &*run.said.borrow()
        && *by == process
    {
        // Who joins a thread that panicked finds what it said without its words.
        message = format!("{message}, of a thread that panicked: {said}");
    }
    SAID.with_borrow_mut(|said| {
        if said.len() == SAID_MAX {
            said.remove(0);
        }
        said.push(Caught { message, site });
    });
}

/// A payload that is text, as those of `panic!` are.
fn text(payload: &(dyn Any + Send)) -> Option<&str> {
    payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

/// What the panic that was just caught on this thread said.
pub(crate) fn take() -> Caught {
    let nothing = || Caught { message: "(no message)".into(), site: String::new() };
    SAID.with_borrow_mut(Vec::pop).unwrap_or_else(nothing)
}

/// A panic that was caught on another thread is raised again on this one: its words are kept for [`take`].
pub(crate) fn repeat(caught: Caught) {
    SAID.with_borrow_mut(|said| said.push(caught));
}

/// What the panic that is unwinding on this thread said.
pub(crate) fn message() -> String {
    SAID.with_borrow(|said| said.last().map_or_else(String::new, |caught| caught.message.clone()))
}
