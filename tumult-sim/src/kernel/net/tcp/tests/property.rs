//! Programs that do anything at any time, on a network that does as well: what must hold all the same.

use std::time::Duration;

use std::net::Shutdown;

use super::super::{Keepalive, ListenerId, StreamId, StreamOptions, TcpConfig};
use super::wire::{CLIENT, LATENCY, PORT, SERVER, Step, Wire, waiter};
use crate::base::{Bytes, Key, ProcessId, Seed, Stream, Time};
use crate::kernel::net::Scope;

const MS: Duration = Duration::from_millis(1);
const CLIENTS: usize = 3;
/// More steps than any of these runs needs.
const STEPS: usize = 400_000;
const ACCEPT: u64 = 1_000;
const CHAOS: u64 = 1_001;

/// One program's end of a connection.
#[derive(Default)]
struct Program {
    id: Option<StreamId>,
    connected: bool,
    left: u64,
    wrote: u64,
    read: u64,
    wrote_all: bool,
    /// What reading ended with: true for the end of the stream.
    end: Option<bool>,
    closed: bool,
}

struct Run {
    wire: Wire,
    random: Stream,
    listener: Option<ListenerId>,
    /// First the clients, then those that serve them.
    programs: Vec<Program>,
    chaos: bool,
}

/// The byte at a position of a program's stream.
fn byte(program: usize, at: u64) -> u8 {
    (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as u8 ^ program as u8
}

impl Run {
    fn new(seed: u64, chaos: bool) -> Self {
        let mut random = Key::root(Seed(seed)).stream();
        let mut size = |small: u64| match random.below(4) {
            0 => 1 + random.below(4),
            1 => 1 + random.below(small),
            _ => 1 + random.below(64 * small),
        };
        let config = TcpConfig::default()
            .segment(Bytes(size(100)))
            .send_buffer(Bytes(size(100)))
            .receive_buffer(Bytes(size(100)));
        let tiny = config.segment.min(config.send_buffer as u32).min(config.receive_buffer as u32) < 10;
        let longest = if tiny { 300 } else { 20_000 };
        let mut programs: Vec<_> = (0..2 * CLIENTS).map(|_| Program::default()).collect();
        for p in &mut programs {
            p.left = random.below(longest);
        }
        let mut wire = Wire::new(config);
        wire.fate = adversary(random.bits());
        let mut run = Self { wire, random, listener: None, programs, chaos };
        run.listen();
        for n in 0..CLIENTS {
            let at = run.later(500);
            run.wire.call(n as u64 * 2, at);
        }
        if chaos {
            let at = run.later(5_000);
            run.wire.call(CHAOS, at);
        }
        run
    }

    fn later(&mut self, ms: u64) -> Time {
        self.wire.now + MS * self.random.below(ms) as u32
    }

    fn listen(&mut self) {
        let backlog = 1 + self.random.below(3) as usize;
        self.listener = Some(self.wire.listen(backlog));
        self.wire.call(ACCEPT, self.wire.now);
    }

    fn run(&mut self) {
        for _ in 0..STEPS {
            match self.wire.step() {
                Step::Over => return self.check(),
                Step::Call(ACCEPT) => self.accept(),
                Step::Call(CHAOS) => self.break_something(),
                Step::Call(task) => self.program(task as usize / 2, task % 2 == 1),
                Step::Done => {}
            }
        }
        panic!("it does not come to an end");
    }

    fn accept(&mut self) {
        let Some(listener) = self.listener else { return };
        while let Some(id) = self.wire.tcp.accept(listener, || waiter(ACCEPT)).unwrap() {
            let port = self.wire.tcp.addresses(id).unwrap().0[1].1;
            let client = (0..CLIENTS).find(|n| {
                let of = self.programs[*n].id.and_then(|id| self.wire.tcp.addresses(id).ok());
                of.is_some_and(|a| a.0[0].1 == port)
            });
            // A client that is gone already has nobody to serve.
            let Some(n) = client else {
                self.wire.close(id);
                continue;
            };
            self.begin(n + CLIENTS, id);
        }
    }

    fn begin(&mut self, n: usize, id: StreamId) {
        (self.programs[n].id, self.programs[n].connected) = (Some(id), n >= CLIENTS);
        if self.chaos {
            let keepalive = Some(Keepalive { idle: MS * 3_000, interval: MS * 500, count: 5 });
            let options = StreamOptions { keepalive, abortive: self.random.below(4) == 0, patience: None };
            self.wire.tcp.set_options(id, options, self.wire.now).unwrap();
        }
        for task in 0..2 {
            let at = self.later(50);
            self.wire.call(n as u64 * 2 + task, at);
        }
    }

    fn program(&mut self, n: usize, reads: bool) {
        let p = &self.programs[n];
        if p.closed {
            return;
        }
        let Some(id) = p.id else {
            let id = self.wire.connect();
            return self.begin(n, id);
        };
        if !p.connected {
            match self.wire.tcp.connected(id, || waiter(n as u64 * 2 + u64::from(reads))) {
                Ok(None) => return,
                Ok(Some(())) => self.programs[n].connected = true,
                Err(_) => self.fail(n),
            }
        }
        if reads {
            self.read(n, id);
        } else {
            self.write(n, id);
        }
        self.wire.settle();
        let p = &self.programs[n];
        if p.wrote_all && p.end.is_some() || self.chaos && self.random.below(200) == 0 {
            self.programs[n].closed = true;
            self.wire.close(id);
        }
    }

    fn fail(&mut self, n: usize) {
        assert!(self.chaos, "{n} failed on a network that became calm");
        (self.programs[n].wrote_all, self.programs[n].end) = (true, Some(false));
    }

    fn write(&mut self, n: usize, id: StreamId) {
        while !self.programs[n].wrote_all {
            let p = &self.programs[n];
            if p.left == 0 {
                if self.wire.tcp.shutdown(id, Shutdown::Write, self.wire.now).is_err() {
                    self.fail(n);
                }
                self.programs[n].wrote_all = true;
                return;
            }
            let len = 1 + self.random.below(p.left.min(3_000));
            let data: Vec<u8> = (p.wrote..p.wrote + len).map(|at| byte(n, at)).collect();
            match self.wire.tcp.write(id, &data, self.wire.now, || waiter(n as u64 * 2)) {
                Ok(Some(took)) => {
                    self.programs[n].wrote += took as u64;
                    self.programs[n].left -= took as u64;
                }
                Ok(None) => return,
                Err(_) => return self.fail(n),
            }
            if self.random.below(4) == 0 {
                let at = self.later(300);
                return self.wire.call(n as u64 * 2, at);
            }
        }
    }

    fn read(&mut self, n: usize, id: StreamId) {
        let peer = (n + CLIENTS) % (2 * CLIENTS);
        while self.programs[n].end.is_none() {
            let mut buffer = vec![0; 1 + self.random.below(3_000) as usize];
            match self.wire.tcp.read(id, &mut buffer, self.wire.now, || waiter(n as u64 * 2 + 1)) {
                Ok(Some(0)) => self.programs[n].end = Some(true),
                Ok(Some(got)) => {
                    let p = &mut self.programs[n];
                    for (byte_read, at) in buffer[..got].iter().zip(p.read..) {
                        assert_eq!(*byte_read, byte(peer, at), "byte {at} that {n} read");
                    }
                    p.read += got as u64;
                    assert!(self.programs[n].read <= self.programs[peer].wrote);
                }
                Ok(None) => return,
                Err(_) => return self.fail(n),
            }
            if self.random.below(4) == 0 {
                let at = self.later(300);
                return self.wire.call(n as u64 * 2 + 1, at);
            }
        }
        // What it still writes is asked for: both halves decide when to close.
        self.wire.call(n as u64 * 2, self.wire.now);
    }

    fn break_something(&mut self) {
        let process = ProcessId(self.random.below(2) as u32);
        let now = self.wire.now;
        match self.random.below(5) {
            0 => drop(self.wire.tcp.reset_all(process)),
            1 if self.wire.down.contains(&process) => self.restart(process),
            2 if process == SERVER => {
                if let Some(listener) = self.listener.take() {
                    self.wire.tcp.close_listener(listener, now);
                    self.wire.settle();
                    self.listen();
                }
            }
            what => {
                if self.wire.down.contains(&process) {
                    self.restart(process);
                } else {
                    self.end(process, what == 3);
                }
            }
        }
        self.wire.settle();
        if now < Time::ZERO + MS * 20_000 {
            let at = self.later(4_000);
            self.wire.call(CHAOS, at);
        } else {
            for process in [CLIENT, SERVER] {
                self.restart(process);
            }
        }
    }

    fn end(&mut self, process: ProcessId, power_loss: bool) {
        self.wire.tcp.end_process(process, power_loss, self.wire.now);
        if power_loss {
            self.wire.down.insert(process);
        }
        for p in self.programs.iter_mut().skip(process.index() * CLIENTS).take(CLIENTS) {
            p.closed |= p.id.is_some();
        }
        if process == SERVER {
            self.listener = None;
            if !power_loss {
                self.listen();
            }
        }
    }

    fn restart(&mut self, process: ProcessId) {
        self.wire.down.remove(&process);
        if process == SERVER && self.listener.is_none() {
            self.listen();
        }
    }

    /// Nothing will happen any more.
    fn check(&mut self) {
        for n in 0..2 * CLIENTS {
            let (p, peer) = (&self.programs[n], &self.programs[(n + CLIENTS) % (2 * CLIENTS)]);
            assert!(p.closed || p.id.is_none() && n >= CLIENTS && self.chaos, "{n} waits for ever");
            if !self.chaos {
                assert_eq!((p.end, p.read), (Some(true), peer.wrote), "what {n} read");
            }
        }
        assert_eq!(self.wire.tcp.connections(), 0, "forgotten");
        let now = self.wire.now + MS * 61_000;
        self.wire.tcp.close_listener(self.listener.expect("it listens at last"), now);
        for (process, port) in [(SERVER, PORT), (CLIENT, 32_768), (CLIENT, 32_769), (CLIENT, 32_770)] {
            self.wire.tcp.bind(process, (port, Scope::Any), false, now).expect("ports are free");
        }
        assert!(self.wire.most < 3_000, "{} events at once", self.wire.most);
    }
}

/// Loses, doubles, delays and cuts, for 15 s.
fn adversary(seed: u64) -> super::wire::Fate {
    let mut random = Key::root(Seed(seed)).stream();
    let (loss, double, delay, split) = (random.below(40), random.below(30), random.below(400), random.below(60));
    let cuts: Vec<_> = (0..random.below(3)).map(|_| (random.below(15_000), random.below(6_000))).collect();
    Box::new(move |now, s| {
        let ms = now.since_start().as_millis() as u64;
        if ms >= 15_000 {
            return vec![LATENCY];
        }
        let cut = cuts.iter().any(|(from, long)| (*from..from + long).contains(&ms));
        if cut || random.below(100) < loss {
            return vec![];
        }
        if s.len > 1 && random.below(100) < split {
            s.split = 1 + random.below(u64::from(s.len) - 1) as u32;
        }
        let copies = 1 + usize::from(random.below(100) < double);
        (0..copies).map(|_| LATENCY + MS * random.below(delay + 1) as u32).collect()
    })
}

#[test]
fn on_a_network_that_becomes_calm_everything_arrives_and_nothing_is_left() {
    for seed in 0..400 {
        Run::new(seed, false).run();
    }
}

#[test]
fn whatever_ends_what_was_read_was_written_everyone_is_told_and_nothing_is_left() {
    for seed in 0..400 {
        Run::new(seed, true).run();
    }
}
