//! Who has which port on which machine.

use std::collections::BTreeMap;

use crate::base::{ProcessId, Time};
use crate::kernel::net::Scope;
use crate::kernel::net::ephemeral::Ephemeral;

/// The ports of one machine.
#[derive(Debug, Default)]
struct Machine {
    listeners: Vec<(u16, Scope, u32)>,
    /// How many ends of connections have it.
    used: BTreeMap<u16, u32>,
    /// Held for a while after a close.
    held: BTreeMap<u16, Time>,
    ephemeral: Ephemeral,
}

/// The ports of all machines.
#[derive(Debug, Default)]
pub(super) struct Ports(Vec<Machine>);

impl Ports {
    fn machine(&mut self, p: ProcessId) -> &mut Machine {
        if self.0.len() <= p.index() {
            self.0.resize_with(p.index() + 1, Machine::default);
        }
        &mut self.0[p.index()]
    }

    /// The listener at a port, of those that have this address.
    pub(super) fn listener(&self, p: ProcessId, port: u16, loopback: bool) -> Option<u32> {
        let listeners = &self.0.get(p.index())?.listeners;
        listeners.iter().find(|l| l.0 == port && l.1.takes(loopback)).map(|l| l.2)
    }

    /// Whether a socket may have the port.
    pub(super) fn is_free(&mut self, p: ProcessId, (port, scope): (u16, Scope), reuse: bool, now: Time) -> bool {
        let m = self.machine(p);
        let taken = m.listeners.iter().any(|l| l.0 == port && l.1.overlaps(scope));
        !taken && (reuse || !(m.used.contains_key(&port) || m.held.get(&port).is_some_and(|until| *until > now)))
    }

    pub(super) fn listen(&mut self, p: ProcessId, (port, scope): (u16, Scope), listener: u32) {
        self.machine(p).listeners.push((port, scope, listener));
    }

    pub(super) fn unlisten(&mut self, p: ProcessId, listener: u32) {
        self.machine(p).listeners.retain(|l| l.2 != listener);
    }

    /// The next free port.
    pub(super) fn ephemeral(&mut self, p: ProcessId) -> Option<u16> {
        let Machine { listeners, used, ephemeral, .. } = self.machine(p);
        ephemeral.next(|port| used.contains_key(&port) || listeners.iter().any(|l| l.0 == port))
    }

    pub(super) fn take(&mut self, p: ProcessId, port: u16) {
        *self.machine(p).used.entry(port).or_default() += 1;
    }

    pub(super) fn release(&mut self, p: ProcessId, port: u16) {
        let used = &mut self.machine(p).used;
        if let Some(n) = used.get_mut(&port) {
            *n -= 1;
            if *n == 0 {
                used.remove(&port);
            }
        }
    }

    /// The port is not for every listener until then.
    pub(super) fn hold(&mut self, p: ProcessId, port: u16, until: Time) {
        let m = self.machine(p);
        let held = m.held.entry(port).or_insert(until);
        *held = until.max(*held);
    }

    /// The machine has lost its power: it remembers nothing.
    pub(super) fn forget(&mut self, p: ProcessId) {
        let m = self.machine(p);
        m.held.clear();
        m.listeners.clear();
    }
}
