//! What the systems have in common: how they call, wait and end.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tumult_sim::net::rpc::Client;
use tumult_sim::process::random_duration;
use tumult_sim::time::sleep;
use tumult_sim::{Process, Sim};

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
