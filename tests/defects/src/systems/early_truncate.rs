//! An unmodified program: a register of std's files, with a log that is truncated when a snapshot has what is in it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::sync::{Mutex, PoisonError};

use tumult_sim::body::program;
use tumult_sim::disk::DiskConfig;
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::ms;
use crate::programs::{Lines, Pace, number, serve};
use crate::storm::{LINKS, POWER, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "early_truncate",
    what: "a write-ahead log is truncated before the snapshot that replaces it is synced",
    invariant: "INV_727",
    roles: &["register", "client"],
    cause: Cause { plan: "f1 at 1.500s power-loss register for 200ms", processes: 2, operations: 4 },
    storm: Storm {
        kinds: &[POWER, LINKS],
        every_ms: 1_300,
        lasts_ms: (50, 500),
        horizon_ms: 4_000,
        spares: &["client"],
    },
    system,
};

/// So many records are in the log when it is truncated.
const RECORDS: u64 = 4;

/// The last value that was acknowledged, and an older one that was read after it.
#[derive(Default)]
struct Kept {
    acknowledged: u64,
    older: Option<u64>,
}

/// What was acknowledged is there.
#[invariant(id = "INV_727")]
fn what_was_acknowledged_is_kept(kept: &Kept) -> Verdict {
    kept.older.map_or(Verdict::Holds, |read| violated!("{read} is read, and {} was acknowledged", kept.acknowledged))
}

fn system(sim: &mut Sim, fixed: bool) {
    let kept = sim.observe("kept", Kept::default());
    sim.always(INV_727, &kept);
    let register = sim.process("register", program(move || serve(Register::open()?, move |r, l| r.answer(l, fixed))));
    sim.disk(register, DiskConfig::default().sync(ms(2)..ms(6)));
    sim.primary("client", program(move || client(&kept)));
}

struct Register(Mutex<Log>);

struct Log {
    file: File,
    records: u64,
    value: u64,
}

impl Register {
    /// What the snapshot and the log have; a record that was torn was not acknowledged.
    fn open() -> io::Result<Self> {
        let snapshot = fs::read_to_string("/snapshot").ok().and_then(|text| text.trim_end().parse().ok());
        let file = OpenOptions::new().create(true).append(true).open("/log")?;
        let log = fs::read("/log")?;
        let whole: Vec<&[u8]> = log.chunks(RECORD).take_while(|record| parse(record).is_some()).collect();
        let last = whole.iter().filter_map(|record| parse(record)).max();
        file.set_len((whole.len() * RECORD) as u64)?;
        file.sync_all()?;
        sync_folder()?;
        let value = snapshot.max(last).unwrap_or(0);
        Ok(Self(Mutex::new(Log { file, records: whole.len() as u64, value })))
    }

    fn answer(&self, line: &str, fixed: bool) -> io::Result<String> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(value) = number(line, 1) {
            log.append(value)?;
            if log.records >= RECORDS {
                log.truncate(fixed)?;
            }
        }
        Ok(log.value.to_string())
    }
}

/// A record's length: eight digits and a line break.
const RECORD: usize = 9;

fn parse(record: &[u8]) -> Option<u64> {
    let digits = record.strip_suffix(b"\n").filter(|digits| digits.len() == RECORD - 1)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn sync_folder() -> io::Result<()> {
    File::open("/")?.sync_all()
}

impl Log {
    fn append(&mut self, value: u64) -> io::Result<()> {
        self.file.write_all(format!("{value:08}\n").as_bytes())?;
        self.file.sync_data()?;
        (self.value, self.records) = (self.value.max(value), self.records + 1);
        Ok(())
    }

    fn truncate(&mut self, fixed: bool) -> io::Result<()> {
        let mut snapshot = File::create("/snapshot.new")?;
        snapshot.write_all(format!("{:08}\n", self.value).as_bytes())?;
        if fixed {
            snapshot.sync_all()?;
        }
        fs::rename("/snapshot.new", "/snapshot")?;
        if fixed {
            sync_folder()?;
        }
        self.file.set_len(0)?;
        self.file.sync_all()?;
        self.records = 0;
        if !fixed {
            snapshot.sync_all()?;
            sync_folder()?;
        }
        Ok(())
    }
}

/// Writes ever larger values, and reads after each; by then a value may be there that was not acknowledged.
fn client(kept: &Observed<Kept>) {
    let mut register = Lines::to("register", 100);
    let mut pace = Pace::start();
    for value in 1..=20 {
        pace.rest(100, 300);
        if register.ask(&format!("set {value}")).is_ok() {
            kept.update(|kept| kept.acknowledged = value);
        }
        let read = register.ask("get").and_then(|line| number(&line, 0));
        if let Ok(read) = read {
            kept.update(|kept| kept.older = Some(read).filter(|read| *read < kept.acknowledged));
        }
    }
}
