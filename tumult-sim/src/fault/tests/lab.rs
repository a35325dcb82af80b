//! A small world with an injector, for tests.

use std::cell::RefCell;
use std::future::{Future, pending};
use std::rc::Rc;
use std::time::Duration;

use crate::base::{ProcessId, Seed, Site, Time};
use crate::context::{Attendant, Guard, Run};
use crate::fault::{Injector, Outcome, Plan};
use crate::kernel::process::State;
use crate::kernel::task::Schedule;
use crate::kernel::world::WorldConfig;
use crate::net::UdpSocket;
use crate::task::run_until;
use crate::time::sleep;
use crate::trace::Kind;

pub(super) const MS: Duration = Duration::from_millis(1);

/// What the bodies of a test wrote down.
pub(super) type Log = Rc<RefCell<Vec<String>>>;

/// Gives cues to the injector.
pub(super) struct Desk(pub(super) RefCell<Injector>);

impl Attendant for Desk {
    fn cue(&self, cue: u32) {
        let mut world = crate::context::current().world.borrow_mut();
        assert!(self.0.borrow_mut().cue(&mut world, cue), "no one else asks for cues here");
    }
    fn check(&self, _: u32) {}
    fn quiet_since(&self) -> Option<Time> {
        self.0.borrow().quiet_since()
    }
}

/// A run with a few processes and an injector.
pub(super) struct Lab {
    pub(super) run: Rc<Run>,
    pub(super) desk: Rc<Desk>,
    pub(super) log: Log,
    _guard: Guard,
}

impl Lab {
    pub(super) fn new() -> Self {
        let config =
            WorldConfig { seed: Seed(7), schedule: Schedule::Random, record: true, epoch_ns: 0, microstep_limit: 1000 };
        let run = Run::new(config);
        let guard = run.enter();
        let desk = Rc::new(Desk(RefCell::default()));
        let attendant: Rc<dyn Attendant> = Rc::<Desk>::clone(&desk);
        run.attendant.replace(Some(attendant));
        Self { run, desk, log: Rc::default(), _guard: guard }
    }

    /// A process whose body may write to the log.
    pub(super) fn process<F: Future<Output = ()> + 'static>(
        self,
        name: &str,
        body: impl Fn(Log) -> F + 'static,
    ) -> Self {
        let log = Rc::clone(&self.log);
        let mut world = self.run.world.borrow_mut();
        let id = world.declare(name, false, Site::caller()).unwrap();
        self.run.factories.borrow_mut().push(Some(Rc::new(move || Box::pin(body(Rc::clone(&log))))));
        world.start(id);
        drop(world);
        self
    }

    /// A process that waits for ever.
    pub(super) fn idle(self, name: &str) -> Self {
        self.process(name, |_| pending())
    }

    /// A process that sends to another each 100 ms, from 50 ms on.
    pub(super) fn chatty(self, name: &str, to: &'static str) -> Self {
        self.process(name, move |_| async move {
            let socket = UdpSocket::bind("0.0.0.0:9").await.unwrap();
            sleep(50 * MS).await;
            loop {
                socket.send_to(b"hello", to).await.unwrap();
                sleep(100 * MS).await;
            }
        })
    }

    pub(super) fn arm(self, plan: &str) -> Self {
        let plan: Plan = plan.parse().unwrap();
        self.desk.0.borrow_mut().arm(&mut self.run.world.borrow_mut(), &plan).unwrap();
        self
    }

    pub(super) fn run_to(&self, ms: u32) {
        run_until(&self.run, Time::ZERO + MS * ms, false);
        assert!(!self.run.failed.get(), "{:?}", self.run.failure());
    }

    pub(super) fn lift(&self, core: Option<&[u32]>) {
        let core = core.map(|core| core.iter().map(|p| ProcessId(*p)).collect());
        self.desk.0.borrow_mut().heal_all(&mut self.run.world.borrow_mut(), core.as_ref());
    }

    /// What became of the faults, after `ms`.
    pub(super) fn outcomes(&self, ms: u32) -> Vec<Outcome> {
        self.run_to(ms);
        let mut injector = self.desk.0.borrow_mut();
        injector.settle(&mut self.run.world.borrow_mut());
        injector.outcomes().to_vec()
    }

    /// What is said of them, behind the fault itself.
    pub(super) fn said(&self, ms: u32) -> Vec<String> {
        let said = |o: Outcome| o.to_string().split_once(": ").unwrap().1.to_owned();
        self.outcomes(ms).into_iter().map(said).collect()
    }

    pub(super) fn state(&self, p: u32) -> State {
        self.run.world.borrow().processes.get(ProcessId(p)).state
    }

    /// The steps of faults in the trace: when, which, what, text.
    pub(super) fn trace(&self) -> Vec<(u64, u64, u64, String)> {
        let recording = self.run.world.borrow_mut().core.trace.take_recording().unwrap();
        let steps = recording.iter().filter(|r| r.kind == Kind::Fault);
        steps
            .map(|r| {
                let text = String::from_utf8(r.bytes.to_vec()).unwrap();
                (r.at.as_nanos() / 1_000_000, r.a, r.b, text)
            })
            .collect()
    }
}
