//! Panics inside a run are caught and become its result: the hook keeps the message and prints nothing.

use std::any::Any;
use std::cell::RefCell;
use std::sync::Once;

/// What a panic said and where.
#[derive(Clone, Debug)]
pub(crate) struct Caught {
    pub(crate) message: String,
    pub(crate) site: String,
}

thread_local! {
    static LAST: RefCell<Option<Caught>> = const { RefCell::new(None) };
}

/// Installs the hook, once a process. Threads outside a run keep the hook that was there.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let Some(run) = super::try_current() else { return before(info) };
            if !run.quiet.get() {
                crate::host::outside(|| before(info));
            }
            let message = text(info.payload()).unwrap_or("a payload that is no text").to_owned();
            let site = info.location().map_or_else(String::new, |l| format!("{}:{}", l.file(), l.line()));
            // The first one counts: what follows it while it unwinds only follows from it.
            LAST.with_borrow_mut(|last| {
                last.get_or_insert(Caught { message, site });
            });
        }));
    });
}

/// A payload that is text, as those of `panic!` are.
fn text(payload: &(dyn Any + Send)) -> Option<&str> {
    payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

/// What the panic that was just caught on this thread said.
pub(crate) fn take() -> Caught {
    LAST.with_borrow_mut(Option::take).unwrap_or_else(|| Caught { message: "(no message)".into(), site: String::new() })
}
