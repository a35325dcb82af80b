//! Rules on packets: drop the third acknowledgement, delay the second vote, rewrite.

use std::rc::Rc;

use crate::base::RuleId;
use crate::context::{MadeRule, Rule, Run, current, settle, try_current};
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
    RuleGuard { run: run.id, number: make(run, None, Rc::new(rule)) }
}

/// Adds a rule behind the others; its number.
pub(crate) fn make(run: &Run, named: Option<RuleId>, rule: Rule) -> u64 {
    let mut rules = run.rules.borrow_mut();
    let number = rules.last().map_or(0, |r| r.number + 1);
    rules.push(MadeRule { number, named, rule });
    count(run, &rules);
    number
}

fn count(run: &Run, rules: &[MadeRule]) {
    let unnamed = rules.iter().filter(|r| r.named.is_none()).count();
    run.world.borrow_mut().net.set_unnamed_rules(unnamed);
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
            let at = run.rules.borrow().iter().position(|r| r.number == self.number);
            // Taken out first: the closure's own destructor may use rules.
            let rule = at.map(|at| run.rules.borrow_mut().remove(at));
            count(run, &run.rules.borrow());
            drop(rule);
        }
    }
}
