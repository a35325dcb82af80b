//! Names that stand for processes: looking them up, and changing what they answer while a run goes on.
//!
//! Every process is found by its own name, at once and always. A name that the simulation declares with
//! [`Sim::alias`](crate::Sim::alias) is found as those of a name server are: it takes time, it answers otherwise
//! tomorrow, and it may fail.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::Target;
use super::addr::Names;
use crate::base::ProcessId;
use crate::context::{current, with};
use crate::kernel::net::PATIENCE;
use crate::time::sleep;

/// Looks up where to send to; as tokio's. It takes as long as the name's lookups do, and gives the addresses of all
/// processes that the name stands for, in order.
///
/// ```
/// use std::time::Duration;
/// use tumult_sim::{Sim, net};
///
/// let mut sim = Sim::new(1);
/// let (a, b) = (sim.process("a", || async {}), sim.process("b", || async {}));
/// sim.alias("db.internal", [a]).latency(net::Latency::ms(3));
/// let client = sim.primary("client", move || async move {
///     let before = net::lookup_host("db.internal:5432").await?.next();
///     net::names::set("db.internal", [b]);
///     let after = net::lookup_host("db.internal:5432").await?.next();
///     assert_eq!(before, Some((net::address(a), 5432).into()));
///     assert_eq!(after, Some((net::address(b), 5432).into()));
///     Ok::<_, std::io::Error>(())
/// });
/// sim.run();
/// ```
///
/// # Errors
/// `NotFound` when the name stands for nobody, or a fault says so. By fault also `TimedOut`, after 10 s without an
/// answer, and `Other` when the name server cannot say at the moment, as which std gives that too.
///
/// # Panics
/// Outside a simulation.
pub async fn lookup_host(host: impl Target) -> io::Result<std::vec::IntoIter<SocketAddr>> {
    resolve(&host).await.map(Vec::into_iter)
}

/// All addresses of a target, when its lookup is done.
pub(super) async fn resolve(target: &impl Target) -> io::Result<Vec<SocketAddr>> {
    let asked = target.host();
    for attempt in 1.. {
        let takes = with(|w| {
            let id = w.net.directory.named(asked?)?;
            Some(w.net.directory.ask(id))
        });
        if let Some(takes) = takes.filter(|takes| !takes.is_zero()) {
            sleep(takes).await;
        }
        let answer = with(|w| target.resolve_all(&Names(w)));
        match answer {
            // No answer comes: the resolver asks again, and by then there may be one.
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                sleep(PATIENCE.0).await;
                if attempt == PATIENCE.1 {
                    return Err(error);
                }
            }
            answer => return answer,
        }
    }
    unreachable!("the last attempt returns")
}

/// Sets what a name stands for, from now on: from the test, or from a process. Connections that were made stay. A name
/// that nobody has declared is declared; one that stands for nobody is not found.
///
/// # Panics
/// Outside a simulation.
pub fn set(name: &str, answers: impl IntoIterator<Item = ProcessId>) {
    let answers: Vec<ProcessId> = answers.into_iter().collect();
    let run = current();
    let mut world = run.world.borrow_mut();
    if !run.is_inert() && world.acts() {
        world.set_name(name, answers);
    }
}

/// How long it takes at the least to learn that no answer comes.
pub const TIMEOUT: Duration = Duration::from_secs(PATIENCE.0.as_secs() * PATIENCE.1 as u64);

/// What a name stands for at this moment, as its lookup would say.
///
/// # Errors
/// As [`lookup_host`], at once.
///
/// # Panics
/// Outside a simulation.
pub fn get(name: &str) -> io::Result<Vec<IpAddr>> {
    with(|w| (name, 0).resolve_all(&Names(w))).map(|all| all.into_iter().map(|a| a.ip()).collect())
}

#[cfg(test)]
mod tests;
