//! The memory of one machine: who has reserved how much, and what happens when it is not enough.
//!
//! An account, no allocator: it counts what processes say that they hold. As on Linux there are two limits. A process
//! may have one of its own (a container's), and dies when it exceeds that. The machine has so much in all, and when
//! that is not enough, the process that holds most dies, whoever asked.

use std::collections::BTreeMap;

use crate::base::{Bytes, ProcessId};

const MILLION: u128 = 1_000_000;

/// What one process holds.
#[derive(Clone, Copy, Debug, Default)]
struct Account {
    used: u64,
    /// The most it has held, in all its lives.
    peak: u64,
    /// Its own limit.
    limit: Option<u64>,
}

/// Whether a reservation fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    Enough,
    /// The process would exceed its own limit.
    OverOwn,
    /// The machine has not that much.
    OverMachine,
}

/// The memory of one machine.
#[derive(Debug)]
pub(crate) struct Memory {
    total: u64,
    /// What faults take of it, in parts in a million, by the process that the fault names.
    pressure: BTreeMap<ProcessId, u32>,
    accounts: BTreeMap<ProcessId, Account>,
    /// How often a process has met the pressure.
    felt: u64,
}

impl Memory {
    pub(crate) fn new(total: Bytes) -> Self {
        Self { total: total.0, pressure: BTreeMap::new(), accounts: BTreeMap::new(), felt: 0 }
    }

    /// Sets what the machine has.
    pub(crate) fn set_total(&mut self, total: Bytes) {
        self.total = total.0;
    }

    fn account(&self, p: ProcessId) -> Account {
        self.accounts.get(&p).copied().unwrap_or_default()
    }

    fn account_mut(&mut self, p: ProcessId) -> &mut Account {
        self.accounts.entry(p).or_default()
    }

    /// The limit of one process, besides the machine's.
    pub(crate) fn limit_own(&mut self, p: ProcessId, limit: Option<Bytes>) {
        self.account_mut(p).limit = limit.map(|b| b.0);
    }

    /// What faults take now.
    fn taken(&self) -> u64 {
        let ppm = self.pressure.values().copied().max().unwrap_or(0);
        (u128::from(self.total) * u128::from(ppm) / MILLION) as u64
    }

    fn used(&self) -> u64 {
        self.accounts.values().fold(0, |sum, a| sum.saturating_add(a.used))
    }

    /// What this process holds.
    pub(crate) fn used_by(&self, p: ProcessId) -> Bytes {
        Bytes(self.account(p).used)
    }

    /// The most that this process has held.
    pub(crate) fn peak_of(&self, p: ProcessId) -> Bytes {
        Bytes(self.account(p).peak)
    }

    /// The most this process could hold if it were alone on the machine.
    pub(crate) fn limit_of(&self, p: ProcessId) -> Bytes {
        Bytes(self.account(p).limit.unwrap_or(u64::MAX).min(self.total))
    }

    /// What this process could reserve now. Asking under pressure is to feel it.
    pub(crate) fn available_to(&mut self, p: ProcessId) -> Bytes {
        self.felt += u64::from(!self.pressure.is_empty());
        let Account { used, limit, .. } = self.account(p);
        let own = limit.unwrap_or(u64::MAX).saturating_sub(used);
        Bytes(own.min(self.total.saturating_sub(self.taken()).saturating_sub(self.used())))
    }

    /// How full the machine is, from 0 to 1, what faults take included.
    pub(crate) fn utilization(&mut self) -> f64 {
        self.felt += u64::from(!self.pressure.is_empty());
        let full = self.taken().saturating_add(self.used());
        if self.total == 0 { 1.0 } else { (full as f64 / self.total as f64).min(1.0) }
    }

    /// Whether so much more would fit.
    pub(crate) fn room(&mut self, p: ProcessId, bytes: u64) -> Room {
        let Account { used, limit, .. } = self.account(p);
        if used.checked_add(bytes).is_none_or(|all| limit.is_some_and(|limit| all > limit)) {
            return Room::OverOwn;
        }
        let fits =
            |taken: u64| self.used().checked_add(bytes).is_some_and(|all| all <= self.total.saturating_sub(taken));
        if fits(self.taken()) {
            return Room::Enough;
        }
        self.felt += u64::from(fits(0));
        Room::OverMachine
    }

    /// So much more is held. There has to be room.
    pub(crate) fn hold(&mut self, p: ProcessId, bytes: u64) {
        let account = self.account_mut(p);
        account.used += bytes;
        account.peak = account.peak.max(account.used);
    }

    /// So much less is held.
    pub(crate) fn release(&mut self, p: ProcessId, bytes: u64) {
        let account = self.account_mut(p);
        account.used = account.used.saturating_sub(bytes);
    }

    /// A process has ended: it holds nothing.
    pub(crate) fn end(&mut self, p: ProcessId) {
        if let Some(account) = self.accounts.get_mut(&p) {
            account.used = 0;
        }
    }

    /// What a fault takes, in parts in a million: of the faults in force the greatest counts.
    pub(crate) fn press(&mut self, by: ProcessId, ppm: u32) {
        if ppm == 0 {
            self.pressure.remove(&by);
        } else {
            self.pressure.insert(by, ppm);
        }
    }

    /// What a fault that names this process takes now.
    pub(crate) fn pressed_by(&self, p: ProcessId) -> u32 {
        self.pressure.get(&p).copied().unwrap_or(0)
    }

    pub(crate) fn felt(&self) -> u64 {
        self.felt
    }

    /// Who has to die, if what is held and `more` that a process asks for is too much: who holds most, or asks for
    /// most; the one declared first among equals.
    pub(crate) fn victim(&mut self, more: Option<(ProcessId, u64)>) -> Option<ProcessId> {
        let asked = more.map_or(0, |m| m.1);
        let excess = |taken: u64| self.used().saturating_add(asked) > self.total.saturating_sub(taken);
        if !excess(self.taken()) {
            return None;
        }
        let holds = |p: ProcessId, a: &Account| a.used.saturating_add(more.filter(|m| m.0 == p).map_or(0, |m| m.1));
        let most = self.accounts.iter().map(|(p, a)| (holds(*p, a), *p)).filter(|h| h.0 > 0);
        let victim = most.max_by_key(|(bytes, p)| (*bytes, std::cmp::Reverse(*p))).map(|h| h.1);
        let felt = victim.is_some() && !excess(0);
        self.felt += u64::from(felt);
        victim.or(more.map(|m| m.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ProcessId = ProcessId(0);
    const B: ProcessId = ProcessId(1);

    fn memory() -> Memory {
        let mut m = Memory::new(Bytes(1000));
        m.hold(A, 300);
        m.hold(B, 500);
        m
    }

    #[test]
    fn what_fits_is_what_is_left_of_the_machine_and_of_ones_own() {
        let mut m = memory();
        assert_eq!((m.room(A, 200), m.room(A, 201)), (Room::Enough, Room::OverMachine));
        m.limit_own(A, Some(Bytes(400)));
        assert_eq!((m.room(A, 100), m.room(A, 101), m.room(A, u64::MAX)), (Room::Enough, Room::OverOwn, Room::OverOwn));
        assert_eq!((m.available_to(A), m.available_to(B)), (Bytes(100), Bytes(200)));
        assert_eq!((m.limit_of(A), m.limit_of(B)), (Bytes(400), Bytes(1000)));
        m.release(B, 500);
        m.end(A);
        assert_eq!((m.used_by(A), m.used_by(B)), (Bytes(0), Bytes(0)));
        assert_eq!(m.felt(), 0, "there was no pressure to be felt");
    }

    #[test]
    fn who_holds_most_dies_whoever_asked() {
        let mut m = memory();
        assert_eq!(m.victim(None), None);
        assert_eq!(m.victim(Some((A, 200))), None);
        assert_eq!(m.victim(Some((A, 200 + 1))), Some(A), "501 against 500");
        let mut m = Memory::new(Bytes(1000));
        m.hold(A, 100);
        m.hold(B, 800);
        assert_eq!(m.victim(Some((A, 150))), Some(B));
        m.end(B);
        assert_eq!(m.victim(Some((A, 150))), None);
    }

    #[test]
    fn pressure_takes_part_of_the_machine_and_is_felt_where_it_decides() {
        let mut m = memory();
        m.press(A, 100_000);
        assert_eq!((m.room(A, 100), m.felt()), (Room::Enough, 0));
        assert_eq!((m.room(A, 101), m.felt()), (Room::OverMachine, 1));
        assert_eq!((m.room(A, 900), m.felt()), (Room::OverMachine, 1), "there is not that much without it either");
        assert!((m.utilization() - 0.9).abs() < 1e-9);
        m.press(B, 900_000);
        assert_eq!(m.victim(None), Some(B), "what is held is too much now");
        m.press(B, 0);
        assert_eq!(m.victim(None), None, "of two the greater counts, and the other stays");
    }
}
