//! Rules on packets: drop the third acknowledgement, delay the second vote, rewrite.

use std::rc::Rc;

use crate::base::ProcessId;
use crate::context::{Run, current, try_current};
use crate::kernel::net::{Fate, PacketView, Verdict};

/// Lets `rule` judge every packet that is sent, until the guard is dropped. Rules are asked in the order in which they
/// were made; each sees what the one before it made of the packet.
///
/// # Panics
/// Outside a simulation.
#[must_use = "the rule ends when its guard is dropped; keep it, or call `.forever()`"]
pub fn rule(rule: impl Fn(&PacketView<'_>) -> Verdict + 'static) -> RuleGuard {
    let run = current();
    let mut rules = run.rules.borrow_mut();
    let number = rules.last().map_or(0, |r| r.0 + 1);
    rules.push((number, Rc::new(rule)));
    RuleGuard { run: run.id, number }
}

/// Keeps a rule in force.
#[derive(Debug)]
pub struct RuleGuard {
    run: u16,
    number: u64,
}

impl RuleGuard {
    /// The rule stays in force to the end of the run.
    pub fn forever(self) {
        std::mem::forget(self);
    }
}

impl Drop for RuleGuard {
    fn drop(&mut self) {
        if let Some(run) = try_current().filter(|run| run.id == self.run) {
            let at = run.rules.borrow().iter().position(|r| r.0 == self.number);
            // Taken out first: the closure's own destructor may use rules.
            let rule = at.map(|at| run.rules.borrow_mut().remove(at));
            drop(rule);
        }
    }
}

/// What the rules make of a packet, and its new payload if one rewrote it.
#[cold]
pub(super) fn judge(run: &Run, from: (ProcessId, u16), to: (ProcessId, u16), bytes: &[u8]) -> (Fate, Option<Vec<u8>>) {
    let rules: Vec<_> = run.rules.borrow().iter().map(|r| Rc::clone(&r.1)).collect();
    let at = run.world.borrow().now();
    let (mut fate, mut rewritten) = (Fate::default(), None::<Vec<u8>>);
    for rule in rules {
        let bytes = rewritten.as_deref().unwrap_or(bytes);
        let view = PacketView { from: from.0, from_port: from.1, to: to.0, to_port: to.1, bytes, at };
        let verdict = rule(&view);
        if let Some(bytes) = fate.decide(verdict) {
            rewritten = Some(bytes);
        }
    }
    (fate, rewritten)
}
