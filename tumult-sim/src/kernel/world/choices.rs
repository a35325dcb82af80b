//! Decisions that are made otherwise than the seed has them.

use std::collections::BTreeSet;

use super::World;
use crate::base::{Branch, Choices, Drawn, ProcessId};
use crate::kernel::net::chosen::Chosen;
use crate::kernel::time::Pending;

/// No run has so many events.
pub(super) const NO_BRANCH: Branch = Branch { event: u64::MAX, salt: 0 };

impl World {
    /// Decides as was chosen. Called once, before anything happens; the processes that are spoken of are declared.
    ///
    /// # Errors
    /// The name of a process that there is not.
    pub(crate) fn choose(&mut self, choices: &Choices) -> Result<(), String> {
        if let Some(unknown) = choices.names().find(|name| self.processes.named(name).is_none()) {
            return Err(unknown.to_owned());
        }
        let id = |name: &str| self.processes.named(name).expect("checked above");
        let messages =
            choices.messages.as_ref().map(|those| those.iter().map(|m| (id(&m.from), id(&m.to), m.number)).collect());
        if messages.is_some() || choices.edges || choices.latency != Drawn::Always {
            let (latency, edges) = (choices.latency, choices.edges);
            self.net.chosen = Some(Box::new(Chosen { messages, latency, edges }));
        }
        self.sites.chosen.clone_from(&choices.buggify);
        if choices.schedule != Drawn::Always {
            self.core.tasks.draw_order(choices.schedule.at(self.core.now));
        }
        if let Drawn::Within(from, until) = choices.schedule {
            self.core.queue.push(from.max(self.core.now), Pending::Order(true));
            self.core.queue.push(until.max(self.core.now), Pending::Order(false));
        }
        self.branch = choices.branch.unwrap_or(NO_BRANCH);
        // The run does not wait for who never comes, however often it is said.
        let absent: BTreeSet<ProcessId> = choices.absent.iter().map(|name| id(name)).collect();
        self.primaries_left -= absent.into_iter().filter(|p| self.processes.get(*p).primary).count();
        Ok(())
    }

    /// From here on all is drawn by other keys. What was drawn stays as it is: the plan, the workload, packets under way.
    /// And what was plain before is drawn: of all that may come after this event, one is seen.
    #[cold]
    pub(super) fn take_branch(&mut self) {
        let salt = self.branch.salt;
        self.branch = NO_BRANCH;
        self.branched = true;
        self.net.chosen = None;
        self.sites.chosen = None;
        self.core.tasks.draw_order(true);
        self.key = self.key.numbered(salt);
        self.setup = self.key.child("setup").stream();
        self.core.tasks.branch(salt);
        self.processes.branch(salt);
        self.net.branch(salt);
        self.disks.branch(salt);
        self.sites.branch(salt);
    }
}
