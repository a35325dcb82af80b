//! What the executor calls: cues and checks.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use crate::base::Time;
use crate::context::{Attendant, Cause, current};
use crate::fault::Injector;
use crate::invariant::Checks;
use crate::trace::NO_EVENT;

/// Routes cues to whoever asked for them, and runs the checks.
pub(crate) struct Hub {
    pub(crate) checks: Checks,
    pub(crate) injector: RefCell<Injector>,
    /// Itself, for what it asks to be called with later.
    me: Weak<Self>,
    cues: RefCell<Vec<Rc<dyn Fn()>>>,
    /// Violations are collected and the run goes on; by default the first one fails it.
    pub(crate) collects: Cell<bool>,
    reported: Cell<usize>,
}

impl Hub {
    pub(crate) fn new() -> Rc<Self> {
        Rc::new_cyclic(|me| Self {
            checks: Checks::default(),
            injector: RefCell::default(),
            me: me.clone(),
            cues: RefCell::default(),
            collects: Cell::new(false),
            reported: Cell::new(0),
        })
    }

    /// A new cue: `f` is called whenever it comes up.
    pub(crate) fn on_cue(&self, f: impl Fn() + 'static) -> u32 {
        let mut cues = self.cues.borrow_mut();
        cues.push(Rc::new(f));
        cues.len() as u32 - 1
    }

    pub(crate) fn boundary(&self, end: bool) {
        let now = current().world.borrow().now();
        let deadlines = self.checks.boundary(now, end);
        self.arm(deadlines);
        self.report();
    }

    /// Asks to be called at the deadlines of `eventually` checks.
    fn arm(&self, deadlines: Vec<(u32, Time)>) {
        for (check, at) in deadlines {
            let hub = Weak::clone(&self.me);
            let cue = self.on_cue(move || {
                if let Some(hub) = hub.upgrade() {
                    let now = current().world.borrow().now();
                    hub.checks.deadline(now, check);
                    hub.report();
                }
            });
            current().world.borrow_mut().cue_at(at, cue);
        }
    }

    /// What was found goes into the trace, and fails the run unless violations are collected.
    fn report(&self) {
        if self.checks.count() == self.reported.get() {
            return;
        }
        let found = self.checks.found();
        for v in &found[self.reported.replace(found.len())..] {
            let run = current();
            let process = {
                let mut world = run.world.borrow_mut();
                let now = world.now();
                let text = format!("{} {}", v.invariant.id, v.what);
                world.core.trace.note(now, crate::trace::Kind::Violation, 0, 0, text.as_bytes());
                world.actor.map(|a| a.process)
            };
            if !self.collects.get() {
                run.fail(Cause::from(v), process);
            }
        }
    }
}

impl Attendant for Hub {
    fn quiet_since(&self) -> Option<Time> {
        self.injector.borrow().quiet_since()
    }

    fn cue(&self, cue: u32) {
        {
            // What was to be done at a time follows from nothing; at a point, from what reached it.
            let mut world = current().world.borrow_mut();
            if world.actor.is_none() {
                world.core.follow(NO_EVENT);
            }
        }
        if Injector::owns(cue) {
            self.injector.borrow_mut().cue(&mut current().world.borrow_mut(), cue);
            return;
        }
        let f = self.cues.borrow().get(cue as usize).cloned();
        if let Some(f) = f {
            f();
        }
    }

    fn check(&self, changed: u32) {
        if let Some(deadlines) = self.checks.changed(changed, || current().world.borrow().now()) {
            self.arm(deadlines);
            self.report();
        }
    }
}
