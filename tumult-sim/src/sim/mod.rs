//! [`Sim`]: declare processes, links, faults and checks; run; get a [`Report`].

#[cfg(test)]
mod choices_tests;
mod config;
mod disks;
mod faults;
mod hub;
mod isolation;
mod links;
#[cfg(test)]
mod log_tests;
mod machines;
mod names;
mod network;
mod preempt;
mod report;
mod run_once;
mod stepwise;
mod stub;
mod workload;
mod zones;

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::base::{Bytes, OrPanic, ProcessId, Seed, Site, Time};
use crate::body::Body;
use crate::context::{Cause, Failure, Guard, Locator, Run};
use crate::invariant::{Invariant, InvariantInfo, Observed, When};
use crate::kernel::world::WorldConfig;
use crate::task::{Stop, deadlock, run_until, table};
use crate::trace::Recording;

pub(crate) use config::Manner;
pub use config::SimConfig;
pub(crate) use hub::Hub;
pub use links::LinkSetter;
pub use machines::MachineSetter;
pub use names::AliasSetter;
pub use report::Report;
pub(crate) use run_once::{RunOutcome, Surroundings, run_once};
pub(crate) use workload::Drawing;

/// By process: what its body gave.
type Outputs = Vec<Option<Box<dyn Any>>>;

/// A process of the simulation.
pub type Process = ProcessId;

/// A simulation: everything that is declared for one run, and the run itself.
///
/// ```
/// use std::time::Duration;
/// use tumult_sim::{Sim, net::UdpSocket, time::sleep};
///
/// let mut sim = Sim::new(0x5eed);
/// sim.process("echo", || async {
///     let socket = UdpSocket::bind("0.0.0.0:7").await.unwrap();
///     loop {
///         let (bytes, from) = socket.recv_datagram().await.unwrap();
///         socket.send_to(&bytes, from).await.unwrap();
///     }
/// });
/// let client = sim.primary("client", || async {
///     sleep(Duration::from_millis(1)).await;
///     let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
///     socket.send_to(b"hello", "echo:7").await.unwrap();
///     socket.recv_datagram().await.unwrap().0
/// });
/// let report = sim.run();
/// assert_eq!(report.output::<Vec<u8>>(client).unwrap(), b"hello");
/// ```
pub struct Sim {
    run: Rc<Run>,
    hub: Rc<Hub>,
    config: SimConfig,
    outputs: Rc<RefCell<Outputs>>,
    observed: Vec<(&'static str, &'static str)>,
    faults: faults::Faults,
    zones: zones::Zones,
    evidence: stepwise::Left,
    started: bool,
    finished: bool,
    isolating: isolation::Isolating,
    /// The workloads that were drawn so far.
    workloads: Vec<workload::Drawing>,
    /// Last: what is dropped before still finds the run.
    _guard: Guard,
}

impl Sim {
    /// A simulation with this seed and the defaults of [`SimConfig`].
    pub fn new(seed: impl Into<Seed>) -> Self {
        Self::with_config(SimConfig { seed: seed.into(), ..SimConfig::default() })
    }

    /// A simulation with these settings.
    ///
    /// # Panics
    /// When two sites of the linked program have one name (see [`Catalogue`](crate::invariant::Catalogue)).
    #[track_caller]
    pub fn with_config(config: SimConfig) -> Self {
        crate::invariant::Catalogue::linked().or_panic();
        let run = Run::new(WorldConfig {
            seed: config.seed,
            schedule: config.schedule,
            record: config.record,
            epoch_ns: config.epoch_ns,
            microstep_limit: config.microstep_limit,
        });
        run.world.borrow_mut().sites.buggify = config.buggify;
        if config.manner.features {
            run.world.borrow_mut().core.trace.collect_features();
        }
        if config.record && config.manner.sites {
            run.world.borrow_mut().core.trace.locate_by(Box::new(Locator::new()));
        }
        let guard = run.enter();
        if let Some(filter) = config.log.clone().filter(|_| config.record) {
            run.listen(filter);
        }
        let hub = Hub::new();
        let attendant: Rc<dyn crate::context::Attendant> = Rc::<Hub>::clone(&hub);
        run.attendant.replace(Some(attendant));
        Self {
            run,
            hub,
            config,
            outputs: Rc::default(),
            observed: vec![],
            faults: faults::Faults::default(),
            zones: zones::Zones::default(),
            evidence: stepwise::Left::default(),
            started: false,
            finished: false,
            isolating: isolation::Isolating::default(),
            workloads: vec![],
            _guard: guard,
        }
    }

    /// The seed of this run.
    pub fn seed(&self) -> Seed {
        self.config.seed
    }

    // ---- processes

    /// A process that runs `body`, a server as a rule: the run does not wait for it. It starts when the run begins.
    ///
    /// # Panics
    /// When another process has the name.
    #[track_caller]
    pub fn process<T: 'static>(&mut self, name: &str, body: impl Body<T>) -> Process {
        self.declare(name, false, body)
    }

    /// A process that the run waits for: the run ends when all primaries have finished.
    ///
    /// # Panics
    /// When another process has the name.
    #[track_caller]
    pub fn primary<T: 'static>(&mut self, name: &str, body: impl Body<T>) -> Process {
        self.declare(name, true, body)
    }

    #[track_caller]
    fn declare<T: 'static>(&mut self, name: &str, primary: bool, body: impl Body<T>) -> Process {
        if body.is_hosted() {
            self.isolate();
        }
        let declared = self.run.world.borrow_mut().declare(name, primary, Site::caller());
        let Ok(id) = declared else {
            panic!("failed to declare the process `{name}`: another one has that name; give each its own");
        };
        let outputs = Rc::clone(&self.outputs);
        outputs.borrow_mut().push(None);
        let finished = move |finished| match finished {
            Ok(output) => outputs.borrow_mut()[id.index()] = Some(output),
            Err(message) => crate::context::current().fail(Cause::Error { message }, Some(id)),
        };
        self.place_in_turn(id);
        self.run.factories.borrow_mut().push(Some(body.into_factory(finished)));
        if self.started {
            self.run.world.borrow_mut().start(id);
        }
        id
    }

    /// The process of that name.
    pub fn named(&self, name: &str) -> Option<Process> {
        self.run.world.borrow().processes.named(name)
    }

    /// A process's name.
    pub fn name(&self, process: Process) -> String {
        self.run.world.borrow().processes.get(process).name.to_string()
    }

    /// All processes that were declared so far.
    pub fn processes(&self) -> Vec<Process> {
        (0..self.run.world.borrow().processes.len() as u32).map(ProcessId).collect()
    }

    /// A panic of this process ends its life and no more; by default it fails the run.
    pub fn survives_panic(&mut self, process: Process) {
        self.run.world.borrow_mut().processes.get_mut(process).survives_panic = true;
    }

    /// The run fails when its primaries have not finished by then. Default: one day.
    pub fn time_limit(&mut self, limit: Duration) {
        self.config.time_limit = limit;
    }

    /// Whether [`buggify!`](crate::buggify) sites may fire from now on.
    pub fn buggify(&mut self, on: bool) {
        self.run.world.borrow_mut().sites.buggify = on;
    }

    // ---- machines

    /// The machine of these processes, to be set: they share its cores and its memory, and nothing else. Without, each
    /// process has one of its own, with 4 cores and 4 GiB.
    ///
    /// # Panics
    /// When the simulation has started, or one of the processes was put on a machine before.
    #[track_caller]
    pub fn machine(&mut self, processes: impl IntoIterator<Item = Process>) -> MachineSetter<'_> {
        assert!(!self.started, "failed to declare a machine: the simulation has started; declare it before");
        let on: Vec<Process> = processes.into_iter().collect();
        let declared = self.run.world.borrow_mut().machines.declare(&on);
        if let Err(p) = declared {
            let name = self.name(p);
            panic!(
                "failed to put `{name}` on a machine: it is on one already; declare its machine once, before its memory"
            );
        }
        MachineSetter::new(&self.run, on)
    }

    /// How much memory a process may hold, whatever its machine has: over it, it is killed. Default: all of it.
    pub fn memory_limit(&mut self, process: Process, limit: Bytes) {
        self.run.world.borrow_mut().machines.memory(process).limit_own(process, Some(limit));
    }

    /// How a process's clock runs, from its start on.
    ///
    /// # Panics
    /// When the simulation has started.
    #[track_caller]
    pub fn clock(&mut self, process: Process, config: crate::time::ClockConfig) {
        assert!(!self.started, "failed to set a clock: the simulation has started; set it before, or use a fault");
        let mut world = self.run.world.borrow_mut();
        let (now, epoch_ns) = (world.now(), self.config.epoch_ns);
        world.processes.get_mut(process).clock.configure(now, epoch_ns, config);
    }

    // ---- invariants

    /// A state that processes update and invariants read. It outlives the processes.
    ///
    /// # Panics
    /// When another state of the same type has the name.
    #[track_caller]
    pub fn observe<T: Send + 'static>(&mut self, name: &'static str, value: T) -> Observed<T> {
        let key = (std::any::type_name::<T>(), name);
        assert!(
            !self.observed.contains(&key),
            "failed to observe `{name}`: another state of the type {} has that name",
            key.0
        );
        self.observed.push(key);
        Observed::new(self.observed.len() as u32 - 1, value)
    }

    /// The invariant holds at all times: it is checked whenever the state has changed.
    pub fn always<T: Send + 'static>(&mut self, invariant: Invariant<T>, of: &Observed<T>) {
        self.check(invariant, of, When::Always);
    }

    /// The invariant holds when the run ends.
    pub fn at_end<T: Send + 'static>(&mut self, invariant: Invariant<T>, of: &Observed<T>) {
        self.check(invariant, of, When::AtEnd);
    }

    /// Whenever the invariant does not hold, it does again within this time.
    pub fn eventually<T: Send + 'static>(&mut self, invariant: Invariant<T>, of: &Observed<T>, within: Duration) {
        self.check(invariant, of, When::Eventually(within));
    }

    fn check<T: Send + 'static>(&mut self, invariant: Invariant<T>, of: &Observed<T>, when: When) {
        let observed = of.clone();
        self.hub.checks.add(of.id(), when, invariant.info, move || observed.read(invariant.check));
    }

    // ---- running

    /// Runs until all primaries have finished, or nothing is left to happen.
    ///
    /// # Panics
    /// When the run fails: with the failure. Under `#[tumult_sim::test]` the report is printed instead.
    #[track_caller]
    pub fn run(&mut self) -> Report {
        match self.try_run() {
            Ok(report) => report,
            Err(failure) => self.unwind(failure),
        }
    }

    /// Runs, and gives the failure as data.
    ///
    /// # Errors
    /// How the run failed.
    ///
    /// # Panics
    /// When the simulation has run already.
    #[track_caller]
    pub fn try_run(&mut self) -> Result<Report, Failure> {
        assert!(!self.finished, "failed to run: this simulation has run already; make another");
        self.start();
        self.until_primaries_finish();
        self.finish()
    }

    /// Starts all processes that were declared.
    pub(crate) fn start(&mut self) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        let chosen = self.run.world.borrow_mut().choose(&self.config.choices);
        if let Err(name) = chosen {
            let message = format!(
                "replay: the token speaks of a process `{name}`, and the test declares none of that name: it was changed \
                 since; run it without the token"
            );
            return self.run.fail(Cause::Setup { message }, None);
        }
        for id in self.processes() {
            if !self.config.choices.absent.contains(&self.name(id)) {
                self.run.world.borrow_mut().start(id);
            }
        }
        self.arm_faults();
        self.boundary();
    }

    fn until_primaries_finish(&mut self) {
        let limit = Time::ZERO + self.config.time_limit;
        let primaries = self.run.world.borrow().processes.iter().any(|(_, p)| p.primary);
        let stop = run_until(&self.run, limit, primaries);
        let pending = primaries && self.run.world.borrow().primaries_left > 0;
        match stop {
            Stop::Empty if pending => deadlock(&self.run),
            Stop::Reached if pending => self.run.fail(Cause::TimeLimit { tasks: table(&self.run) }, None),
            _ => {}
        }
    }

    /// Runs until `limit`, whatever the primaries do. False when the run has failed.
    pub(crate) fn advance_to(&mut self, limit: Time) -> bool {
        self.start();
        if run_until(&self.run, limit, false) == Stop::Empty {
            self.run.world.borrow_mut().idle_until(limit);
        }
        !self.run.failed.get()
    }

    /// Checks what has to hold between phases.
    pub(crate) fn boundary(&mut self) {
        let run = Rc::clone(&self.run);
        run.as_nobody(|| self.hub.boundary(false));
    }

    /// The run is over: checks what has to hold then, and gives the report.
    pub(crate) fn finish(&mut self) -> Result<Report, Failure> {
        self.finished = true;
        if !self.run.failed.get() {
            let run = Rc::clone(&self.run);
            run.as_nobody(|| self.hub.boundary(true));
        }
        match self.run.failure() {
            Some(failure) => Err(failure),
            None => Ok(Report::new(&self.run.world.borrow(), self.hub.checks.found(), self.outputs.take())),
        }
    }

    // ---- for the floors above, and their tests

    #[cfg(test)]
    pub(crate) fn inner(&self) -> &Rc<Run> {
        &self.run
    }

    #[cfg(test)]
    pub(crate) fn hub(&self) -> &Rc<Hub> {
        &self.hub
    }

    /// The virtual time.
    pub fn now(&self) -> Time {
        self.run.world.borrow().now()
    }

    pub(crate) fn has_run(&self) -> bool {
        self.finished
    }

    /// Everything that happened, when [`SimConfig::record`] asked for it: once.
    pub fn recording(&mut self) -> Option<Recording> {
        self.run.world.borrow_mut().core.trace.take_recording()
    }

    /// The invariants that this simulation checks, by ID.
    pub fn invariants(&self) -> Vec<&'static InvariantInfo> {
        self.hub.checks.checked()
    }
}

impl std::fmt::Debug for Sim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sim").field("seed", &self.config.seed).finish_non_exhaustive()
    }
}

/// What [`Sim::run`] unwinds with under a search.
pub(crate) struct RunFailed(pub(crate) Failure);

impl RunFailed {
    /// The failure that a caught panic stands for: the run's own, or one of the test function.
    pub(crate) fn of(payload: &(dyn Any + Send), at: Time, message: String, site: String) -> Failure {
        match payload.downcast_ref::<Self>() {
            Some(Self(failure)) => failure.clone(),
            None => Failure { cause: Cause::Panic { message, site }, at, process: None },
        }
    }
}
