//! A network for streams alone: what they send, their timers and whom they wake, with a fate for each segment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::{ListenerId, Outgoing, Segment, StreamId, Tcp, TcpConfig};
use crate::base::{ProcessId, Time};
use crate::kernel::net::Scope;
use crate::kernel::task::{TaskId, Waiter};

pub(super) const CLIENT: ProcessId = ProcessId(0);
pub(super) const SERVER: ProcessId = ProcessId(1);
pub(super) const PORT: u16 = 80;
/// What a segment takes when nothing else is said.
pub(super) const LATENCY: Duration = Duration::from_millis(1);

/// What is due.
#[derive(Clone, Copy, Debug)]
enum Event {
    Segment(Outgoing),
    Timer(u32),
    Task(u64),
}

/// When a segment arrives, for each copy of it: nothing is a loss. It may be cut in two.
pub(super) type Fate = Box<dyn FnMut(Time, &mut Segment) -> Vec<Duration>>;

/// What came of the next thing.
pub(super) enum Step {
    /// There is none.
    Over,
    /// A task is to be called.
    Call(u64),
    Done,
}

pub(super) struct Wire {
    pub(super) tcp: Tcp,
    pub(super) now: Time,
    queue: BTreeMap<(Time, u64), Event>,
    events: u64,
    pub(super) fate: Fate,
    /// All that was sent, and when.
    pub(super) log: Vec<(Time, Segment)>,
    pub(super) down: BTreeSet<ProcessId>,
    /// The most events that ever waited.
    pub(super) most: usize,
}

pub(super) fn waiter(task: u64) -> Waiter {
    Waiter::Task(TaskId::from_bits(task))
}

impl Wire {
    pub(super) fn new(config: TcpConfig) -> Self {
        Self {
            tcp: Tcp { config, ..Tcp::default() },
            now: Time::ZERO,
            queue: BTreeMap::new(),
            events: 0,
            fate: Box::new(|_, _| vec![LATENCY]),
            log: vec![],
            down: BTreeSet::new(),
            most: 0,
        }
    }

    fn push(&mut self, at: Time, event: Event) {
        self.events += 1;
        self.queue.insert((at, self.events), event);
        self.most = self.most.max(self.queue.len());
    }

    /// A task is to be called.
    pub(super) fn call(&mut self, task: u64, at: Time) {
        self.push(at, Event::Task(task));
    }

    /// Does what is left to do, after each call.
    pub(super) fn settle(&mut self) {
        for (at, key) in std::mem::take(&mut self.tcp.timers) {
            assert!(at >= self.now && at < Time::MAX, "a timer for {at} at {}", self.now);
            self.push(at, Event::Timer(key));
        }
        for waiter in std::mem::take(&mut self.tcp.wakes) {
            let Waiter::Task(id) = waiter else { unreachable!() };
            self.push(self.now, Event::Task(id.bits()));
        }
        self.tcp.garbage.clear();
        for mut o in std::mem::take(&mut self.tcp.outgoing) {
            self.log.push((self.now, o.segment));
            for after in (self.fate)(self.now, &mut o.segment) {
                self.push(self.now + after, Event::Segment(o));
            }
        }
    }

    /// The next thing happens.
    pub(super) fn step(&mut self) -> Step {
        let Some(((at, _), event)) = self.queue.pop_first() else { return Step::Over };
        self.now = at;
        match event {
            Event::Timer(key) => self.tcp.timer(key, at),
            Event::Segment(o) if self.down.contains(&o.to.0) => {}
            Event::Segment(Outgoing { segment: s, .. }) if s.split > 0 => {
                self.tcp.arrive(s.first(), None, at);
                self.settle();
                self.tcp.arrive(s.rest(), None, at);
            }
            Event::Segment(o) => drop(self.tcp.arrive(o.segment, None, at)),
            Event::Task(task) => return Step::Call(task),
        }
        self.settle();
        Step::Done
    }

    /// Everything happens that does until then. Gives the tasks that were woken.
    pub(super) fn run(&mut self, until: Duration) -> Vec<u64> {
        let (until, mut woken) = (Time::ZERO + until, vec![]);
        while self.queue.first_key_value().is_some_and(|(k, _)| k.0 <= until) {
            if let Step::Call(task) = self.step() {
                woken.push(task);
            }
        }
        self.now = self.now.max(until);
        woken
    }

    // ---- what tests do most

    pub(super) fn listen(&mut self, backlog: usize) -> ListenerId {
        let listener = self.tcp.listen(SERVER, (PORT, Scope::Any), backlog, true, self.now).unwrap().0;
        self.settle();
        listener
    }

    pub(super) fn connect(&mut self) -> StreamId {
        let id = self.tcp.connect(CLIENT, 0, (SERVER, PORT), false, self.now).unwrap();
        self.settle();
        id
    }

    /// Both ends of a new connection, 10 ms later.
    pub(super) fn pair(&mut self) -> (StreamId, StreamId, ListenerId) {
        let listener = self.listen(8);
        let client = self.connect();
        self.run(self.now.since_start() + Duration::from_millis(10));
        let server = self.tcp.accept(listener, || unreachable!()).unwrap().unwrap();
        self.log.clear();
        (client, server, listener)
    }

    pub(super) fn write(&mut self, id: StreamId, data: &[u8]) -> Option<usize> {
        let n = self.tcp.write(id, data, self.now, || waiter(1)).unwrap();
        self.settle();
        n
    }

    pub(super) fn read(&mut self, id: StreamId, most: usize) -> std::io::Result<Option<Vec<u8>>> {
        let mut buffer = vec![0; most];
        let n = self.tcp.read(id, &mut buffer, self.now, || waiter(2))?;
        self.settle();
        Ok(n.map(|n| buffer[..n].to_vec()))
    }

    pub(super) fn close(&mut self, id: StreamId) {
        self.tcp.close(id, self.now);
        self.settle();
    }

    /// From now on, segments that `lost` says are lost.
    pub(super) fn lose(&mut self, mut lost: impl FnMut(&Segment) -> bool + 'static) {
        self.fate = Box::new(move |_, s| if lost(s) { vec![] } else { vec![LATENCY] });
    }

    /// When segments were sent that `which` says, in milliseconds.
    pub(super) fn sent(&self, which: impl Fn(&Segment) -> bool) -> Vec<u128> {
        self.log.iter().filter(|(_, s)| which(s)).map(|(at, _)| at.since_start().as_millis()).collect()
    }
}
