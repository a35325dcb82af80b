//! Rules on packets: drop the third acknowledgement, delay the second vote, rewrite.

use std::rc::Rc;

use crate::context::{current, settle, try_current};
use crate::kernel::net::{PacketView, Verdict};

/// Lets `rule` judge every packet that is sent, until the guard is dropped. Rules are asked in the order in which they
/// were made; each sees what the one before it made of the packet.
///
/// # Panics
/// Outside a simulation.
#[must_use = "the rule ends when its guard is dropped; keep it, or call `.forever()`"]
pub fn rule(rule: impl Fn(&PacketView<'_>) -> Verdict + 'static) -> RuleGuard {
    let run = current();
    settle(run);
    let mut rules = run.rules.borrow_mut();
    let number = rules.last().map_or(0, |r| r.0 + 1);
    rules.push((number, Rc::new(rule)));
    run.world.borrow_mut().net.ruled = true;
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
            settle(run);
            let at = run.rules.borrow().iter().position(|r| r.0 == self.number);
            // Taken out first: the closure's own destructor may use rules.
            let rule = at.map(|at| run.rules.borrow_mut().remove(at));
            run.world.borrow_mut().net.ruled = !run.rules.borrow().is_empty();
            drop(rule);
        }
    }
}
