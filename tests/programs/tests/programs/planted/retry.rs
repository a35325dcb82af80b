//! A client that got no answer asks again, and the server charges again what it had charged.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use tumult_sim::Sim;
use tumult_sim::body::tokio;
use tumult_sim::fault::{FaultKind, Profile};
use tumult_sim::net::Latency;

use super::is_found;

const CHARGES: u64 = 10;

#[derive(Default)]
struct Account {
    charged: u64,
    keys: BTreeSet<String>,
}

async fn charge(State(account): State<Arc<Mutex<Account>>>, headers: HeaderMap) {
    let mut account = account.lock().expect("nobody panics");
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    if key.is_none_or(|key| account.keys.insert(key)) {
        account.charged += 1;
    }
}

async fn charged(State(account): State<Arc<Mutex<Account>>>) -> String {
    account.lock().expect("nobody panics").charged.to_string()
}

async fn serve() -> io::Result<()> {
    let app = Router::new().route("/charge", post(charge)).route("/charged", get(charged));
    let listener = ::tokio::net::TcpListener::bind("0.0.0.0:80").await?;
    axum::serve(listener, app.with_state(Arc::default())).await
}

async fn insist(request: reqwest::RequestBuilder) -> String {
    loop {
        let again = request.try_clone().expect("it has no stream");
        let answer = async { again.send().await?.error_for_status()?.text().await };
        match answer.await {
            Ok(text) => return text,
            Err(_) => ::tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn ask(keys: bool) -> String {
    let client = reqwest::Client::builder().timeout(Duration::from_millis(300)).build().expect("a client");
    for n in 0..CHARGES {
        let request = client.post("http://server/charge");
        insist(if keys { request.header("idempotency-key", n) } else { request }).await;
        ::tokio::time::sleep(Duration::from_millis(50)).await;
    }
    insist(client.get("http://server/charged")).await
}

fn scenario(sim: &mut Sim, planted: bool) {
    sim.process("server", tokio(serve));
    let client = sim.primary("client", tokio(move || ask(!planted)));
    sim.links().latency(Latency::uniform_ms(1.0, 10.0));
    let profile = Profile::none().weight(FaultKind::Partition, 1).every(Duration::from_millis(300));
    sim.draw_faults(profile.lasting(Duration::from_millis(50), Duration::from_millis(500)), Duration::from_secs(1));
    let report = sim.run();
    let charged = report.output::<String>(client).expect("the client has finished");
    assert_eq!(*charged, CHARGES.to_string(), "charged once for each charge");
}

#[test]
fn a_retry_without_a_key_is_found() {
    is_found("retry", "charged once for each charge", scenario);
}
