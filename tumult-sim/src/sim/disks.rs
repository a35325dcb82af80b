//! The machines' disks and limits, as a test sets them and looks at them.

use super::{Process, Sim};
use crate::base::Effect;
use crate::disk::{Damage, DiskConfig, Snapshot};

impl Sim {
    /// Sets a process's disk, from now on.
    pub fn disk(&mut self, process: Process, config: DiskConfig) {
        self.run.world.borrow_mut().disks.configure(process, config);
    }

    /// Everything on a process's disk as it is seen now, as a value: before a run what was restored, after a run what
    /// it left.
    pub fn snapshot_disk(&self, process: Process) -> Snapshot {
        self.run.world.borrow_mut().disks.get_mut(process).snapshot()
    }

    /// Replaces everything on a process's disk by what the snapshot has, durably: it may be of another process, or of
    /// another run. What is open names nothing any more.
    ///
    /// ```
    /// use tumult_sim::{Sim, disk};
    ///
    /// let mut sim = Sim::new(1);
    /// let old = sim.primary("old", || async { disk::write("/data", b"kept").await });
    /// sim.run();
    /// let backup = sim.snapshot_disk(old);
    /// assert_eq!(backup.read("/data"), Some(&b"kept"[..]));
    ///
    /// let mut sim = Sim::new(2);
    /// let new = sim.primary("new", || async { disk::read("/data").await });
    /// sim.restore_disk(new, &backup);
    /// assert_eq!(sim.run().output::<std::io::Result<Vec<u8>>>(new).unwrap().as_ref().unwrap(), b"kept");
    /// ```
    pub fn restore_disk(&mut self, process: Process, snapshot: &Snapshot) {
        let mut world = self.run.world.borrow_mut();
        let now = world.now();
        world.disks.get_mut(process).restore(snapshot, now);
    }

    /// The sectors of a process's disk that are not as it wrote them, because of faults that nobody reported.
    pub fn disk_damage(&self, process: Process) -> Vec<Damage> {
        self.run.world.borrow_mut().disks.get_mut(process).damage()
    }

    /// How many files and sockets a process may have open at once, from now on; 1024 unless told. One more fails with
    /// EMFILE.
    pub fn descriptor_limit(&mut self, process: Process, descriptors: u32) {
        self.run.world.borrow_mut().apply(&Effect::Descriptors(process, descriptors));
    }
}
