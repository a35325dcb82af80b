//! What the systems have in common: how they call, wait and end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tumult_sim::net::rpc::Client;
use tumult_sim::process::random_duration;
use tumult_sim::task::spawn;
use tumult_sim::time::{Instant, sleep, sleep_until};
use tumult_sim::{Process, Sim, Verdict, violated};

/// Where every server listens.
pub(crate) const PORT: u16 = 80;

/// So many milliseconds.
pub(crate) const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// A client of the process of that name.
pub(crate) async fn connect<Req: Serialize, Resp: DeserializeOwned>(name: &str) -> Client<Req, Resp> {
    Client::connect((name, PORT)).await.unwrap_or_else(|error| panic!("a client of {name}: {error}"))
}

/// One call: `None` when no answer came in so many milliseconds.
pub(crate) async fn call<Req, Resp>(client: &Client<Req, Resp>, request: &Req, within_ms: u64) -> Option<Resp>
where
    Req: Serialize,
    Resp: DeserializeOwned,
{
    client.call(request, ms(within_ms)).await.ok()
}

/// Calls until an answer comes.
pub(crate) async fn insist<Req, Resp>(client: &Client<Req, Resp>, request: &Req, within_ms: u64) -> Resp
where
    Req: Serialize,
    Resp: DeserializeOwned,
{
    loop {
        if let Some(answer) = call(client, request, within_ms).await {
            return answer;
        }
    }
}

/// Waits for a random time of so many milliseconds.
pub(crate) async fn rest(low_ms: u64, high_ms: u64) {
    sleep(random_duration(ms(low_ms), ms(high_ms))).await;
}

/// The run ends after so many milliseconds: for systems whose processes never do.
pub(crate) fn ends_after(sim: &mut Sim, after_ms: u64) -> Process {
    sim.primary("watch", async move || sleep(ms(after_ms)).await)
}

/// Calls all of them at once; gives what was answered in so many milliseconds, each with its place.
pub(crate) async fn call_all<Req, Resp>(
    clients: &[Client<Req, Resp>],
    request: &Req,
    within_ms: u64,
) -> Vec<(usize, Resp)>
where
    Req: Serialize + 'static,
    Resp: DeserializeOwned + 'static,
{
    let calls: Vec<_> = clients.iter().map(|client| spawn(client.call(request, ms(within_ms)))).collect();
    let mut answers = vec![];
    for (place, call) in calls.into_iter().enumerate() {
        if let Ok(Ok(answer)) = call.await {
            answers.push((place, answer));
        }
    }
    answers
}

/// Clients of these processes.
pub(crate) async fn connect_all<Req: Serialize, Resp: DeserializeOwned>(names: &[&str]) -> Vec<Client<Req, Resp>> {
    let mut clients = vec![];
    for name in names {
        clients.push(connect(name).await);
    }
    clients
}

/// A timetable: when the next step is due does not depend on how long the last one took, so that a fault which makes one
/// step slow does not move all that come later.
pub(crate) struct Pace(Instant);

impl Pace {
    /// From now on.
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Waits until a random time of so many milliseconds after the last step was due.
    pub(crate) async fn rest(&mut self, low_ms: u64, high_ms: u64) {
        self.0 += random_duration(ms(low_ms), ms(high_ms));
        sleep_until(self.0).await;
    }

    /// Waits until the next whole multiple of a period, by the process's own clock.
    pub(crate) async fn tick(&mut self, period_ms: u64) {
        let period = ms(period_ms);
        while self.0 <= Instant::now() {
            self.0 += period;
        }
        sleep_until(self.0).await;
    }
}

/// By term: who was elected.
#[derive(Default)]
pub(crate) struct Elected(pub(crate) BTreeMap<u64, BTreeSet<usize>>);

impl Elected {
    /// Whether a term has one leader at the most.
    pub(crate) fn one_leader_a_term(&self) -> Verdict {
        match self.0.iter().find(|(_, leaders)| leaders.len() > 1) {
            None => Verdict::Holds,
            Some((term, leaders)) => violated!("term {term} is led by {leaders:?}"),
        }
    }
}
