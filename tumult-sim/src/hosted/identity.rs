//! What one life of a hosted process is told about itself and its machine: the same for the same seed, on any machine.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char};

use super::life::Life;
use crate::base::Key;
use crate::context::{self, isolation};

/// The environment that every life begins with, before what its body adds.
const ENVIRONMENT: [(&str, &str); 5] =
    [("HOME", "/root"), ("LANG", "C.UTF-8"), ("PATH", "/usr/local/bin:/usr/bin:/bin"), ("TZ", "UTC"), ("USER", "user")];

/// The user and group that every hosted process runs as.
pub(super) const USER: u32 = 1000;

/// What a thread's turn costs in CPU time, in nanoseconds: a number that follows from the run alone.
const TURN_NS: u64 = 1_000;

/// What a life knows about itself.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) environment: Environment,
    /// Of threads that asked for some cores only: a bit a core.
    pub(super) affinity: BTreeMap<u32, Vec<u8>>,
    /// Of resources whose limits were changed: soft and hard.
    pub(super) limits: BTreeMap<u32, (u64, u64)>,
    pub(super) niceness: i32,
    /// What the dynamic loader would have found in `AT_RANDOM`.
    pub(super) random: Box<[u8; 16]>,
}

impl Identity {
    pub(super) fn new(key: &Key, environment: &[(String, String)]) -> Self {
        let mut random = Box::new([0; 16]);
        key.child("auxiliary vector").stream().fill(&mut *random);
        let mut environment_of = Environment::default();
        let fixed = ENVIRONMENT.iter().map(|(name, value)| (*name, *value));
        for (name, value) in fixed.chain(environment.iter().map(|(name, value)| (name.as_str(), value.as_str()))) {
            let value = CString::new(value).unwrap_or_default();
            environment_of.set(name.as_bytes(), value);
        }
        Self { environment: environment_of, affinity: BTreeMap::new(), limits: BTreeMap::new(), niceness: 0, random }
    }
}

/// Variables by name. What was given out once stays where it is for as long as the life is remembered, as C code keeps
/// pointers into it.
#[derive(Debug, Default)]
pub(super) struct Environment {
    variables: BTreeMap<Vec<u8>, CString>,
    former: Vec<CString>,
    table: Table,
}

/// All variables as C's `environ` has them: texts `NAME=value`, and pointers to them that end with a null.
#[derive(Debug, Default)]
struct Table {
    texts: Vec<CString>,
    pointers: Vec<*const c_char>,
    /// Those that somebody may be reading.
    former: Vec<(Vec<CString>, Vec<*const c_char>)>,
}

unsafe extern "C" {
    /// The one variable of the whole program, which std's `env::vars` and C code read without a call.
    static mut environ: *const *const c_char;
}

impl Environment {
    pub(super) fn get(&self, name: &[u8]) -> Option<&CStr> {
        self.variables.get(name).map(CString::as_c_str)
    }

    pub(super) fn set(&mut self, name: &[u8], value: CString) {
        self.former.extend(self.variables.insert(name.to_vec(), value));
        self.table.fill(&self.variables);
    }

    pub(super) fn unset(&mut self, name: &[u8]) {
        self.former.extend(self.variables.remove(name));
        self.table.fill(&self.variables);
    }

    pub(super) fn clear(&mut self) {
        self.former.extend(std::mem::take(&mut self.variables).into_values());
        self.table.fill(&self.variables);
    }

    /// Where this process is there for one run alone, `environ` is this one from now on: to be called on a thread of the
    /// life, or right before it has the turn. Gives what it was before.
    pub(super) fn show(&self) -> Option<Shown> {
        isolation::isolated().then(|| {
            // SAFETY: the calling thread is the only one that runs in this process, whose other threads wait.
            let before = unsafe { environ };
            // SAFETY: as above; the table stays for as long as the life is remembered.
            unsafe { environ = self.table.pointers.as_ptr() };
            Shown(before)
        })
    }
}

/// What `environ` was.
#[derive(Debug)]
pub(super) struct Shown(*const *const c_char);

impl Shown {
    /// It is that again.
    pub(super) fn hide(self) {
        // SAFETY: as in `Environment::show`.
        unsafe { environ = self.0 };
    }
}

impl Table {
    fn fill(&mut self, variables: &BTreeMap<Vec<u8>, CString>) {
        if !isolation::isolated() {
            return;
        }
        let line = |(name, value): (&Vec<u8>, &CString)| {
            // Neither has a zero within.
            CString::new([name, &b"="[..], value.as_bytes()].concat()).unwrap_or_default()
        };
        let texts: Vec<CString> = variables.iter().map(line).collect();
        let pointers = texts.iter().map(|text| text.as_ptr()).chain([std::ptr::null()]).collect();
        let before = (std::mem::replace(&mut self.texts, texts), std::mem::replace(&mut self.pointers, pointers));
        self.former.push(before);
    }
}

impl Life {
    /// How many cores the process's machine has.
    pub(super) fn cores(&self) -> u32 {
        context::with(|w| w.machines.cpu(self.process).cores())
    }

    /// The name of the process, which its machine has too.
    pub(super) fn name(&self) -> String {
        context::with(|w| w.processes.get(self.process).name.to_string())
    }
}

/// The CPU time of so many turns.
pub(super) fn cpu_ns(turns: u64) -> i64 {
    i64::try_from(turns.saturating_mul(TURN_NS)).unwrap_or(i64::MAX)
}
