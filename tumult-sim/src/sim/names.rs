//! Names that stand for processes.

use super::{Process, Sim};
use crate::base::NameId;
use crate::context::Run;
use crate::fault::Profile;
use crate::net::Latency;

/// Sets a name that was declared.
#[derive(Debug)]
pub struct AliasSetter<'a> {
    run: &'a Run,
    id: NameId,
}

impl AliasSetter<'_> {
    /// How long a lookup takes, where code waits for one: [`lookup_host`](crate::net::lookup_host) and connecting.
    /// Default: no time.
    pub fn latency(self, takes: Latency) -> Self {
        self.run.world.borrow_mut().net.directory.set_latency(self.id, takes);
        self
    }
}

impl Sim {
    /// A name stands for these processes, from now on; a process of the same name is hidden by it. It can be set anew at
    /// any time, here or with [`net::names::set`](crate::net::names::set), and faults change what lookups of it give:
    /// [`name_failure`](crate::fault::Fault::name_failure), [`stale_name`](crate::fault::Fault::stale_name),
    /// [`name_change`](crate::fault::Fault::name_change).
    ///
    /// ```
    /// use std::time::Duration;
    /// use tumult_sim::{NameFailure, Sim, fault::Fault, net, time::sleep};
    ///
    /// let mut sim = Sim::new(1);
    /// let primary = sim.process("pg1", || async {});
    /// sim.alias("db.internal", [primary]).latency(net::Latency::ms(2));
    /// sim.at(Duration::from_secs(1), Fault::name_failure("db.internal", NameFailure::Temporary));
    /// let client = sim.primary("client", || async {
    ///     assert!(net::lookup_host("db.internal:5432").await.is_ok());
    ///     sleep(Duration::from_secs(2)).await;
    ///     net::lookup_host("db.internal:5432").await.unwrap_err().to_string()
    /// });
    /// let report = sim.run();
    /// assert!(report.output::<String>(client).unwrap().contains("temporary failure in name resolution"));
    /// ```
    ///
    /// # Panics
    /// When the name is empty or an address.
    #[track_caller]
    pub fn alias(&mut self, name: &str, stands_for: impl IntoIterator<Item = Process>) -> AliasSetter<'_> {
        assert!(
            !name.is_empty() && name != "localhost" && name.parse::<std::net::IpAddr>().is_err(),
            "failed to declare the name `{name}`: nothing is looked up there; write a name such as `db.internal`"
        );
        let answers = stands_for.into_iter().collect();
        let id = self.run.world.borrow_mut().set_name(name, answers);
        AliasSetter { run: &self.run, id }
    }

    /// The profile may draw faults of the names that were declared.
    pub(super) fn with_names(&self, profile: Profile) -> Profile {
        self.run.world.borrow().net.directory.names().fold(profile, Profile::name)
    }
}
