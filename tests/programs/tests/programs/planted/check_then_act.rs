//! A seat is looked up, paid for at another service, and booked: two who look before the other books both have it.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tumult_sim::Sim;
use tumult_sim::body::{program, tokio};
use tumult_sim::net::Latency;

use super::is_found;

/// Whoever wants one, and how many there are.
const CLIENTS: usize = 2;
const SEATS: u64 = 10;

#[derive(Clone)]
struct Hall {
    seats: Arc<Mutex<BTreeMap<u64, usize>>>,
    payments: reqwest::Client,
    racy: bool,
}

impl Hall {
    async fn pay(&self) -> Result<(), StatusCode> {
        let answer = self.payments.post("http://payments/pay").send().await;
        answer.and_then(reqwest::Response::error_for_status).map(drop).map_err(|_| StatusCode::BAD_GATEWAY)
    }
}

async fn book(State(hall): State<Hall>, Path((seat, who)): Path<(u64, usize)>) -> Result<&'static str, StatusCode> {
    let mut seats = hall.seats.lock().await;
    if seats.contains_key(&seat) {
        return Err(StatusCode::CONFLICT);
    }
    if hall.racy {
        drop(seats);
        hall.pay().await?;
        seats = hall.seats.lock().await;
    } else {
        hall.pay().await?;
    }
    seats.insert(seat, who);
    Ok("yours")
}

fn serve(racy: bool) -> io::Result<()> {
    let runtime = ::tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let hall = Hall { seats: Arc::default(), payments: reqwest::Client::new(), racy };
        let app = Router::new().route("/book/{seat}/{who}", post(book)).with_state(hall);
        axum::serve(TcpListener::bind("0.0.0.0:80").await?, app).await
    })
}

async fn payments() -> io::Result<()> {
    let app = Router::new().route("/health", get(|| async {})).route("/pay", post(|| async { "paid" }));
    axum::serve(TcpListener::bind("0.0.0.0:80").await?, app).await
}

/// The seats that this client was given.
async fn ask(who: usize) -> Vec<u64> {
    let client = reqwest::Client::new();
    let mut mine = vec![];
    for seat in 0..SEATS {
        let given = loop {
            match client.post(format!("http://server/book/{seat}/{who}")).send().await {
                Ok(answer) if answer.status() != StatusCode::BAD_GATEWAY => break answer.status().is_success(),
                _ => ::tokio::time::sleep(std::time::Duration::from_millis(20)).await,
            }
        };
        mine.extend(given.then_some(seat));
    }
    mine
}

fn scenario(sim: &mut Sim, racy: bool) {
    sim.process("payments", tokio(payments));
    sim.process("server", program(move || serve(racy)));
    let name = |n: usize| format!("client-{n}");
    let clients: Vec<_> = (0..CLIENTS).map(|n| sim.primary(&name(n), tokio(move || ask(n)))).collect();
    sim.links().latency(Latency::lognormal_ms(1.0, 0.5));
    let report = sim.run();
    let mut given: Vec<u64> =
        clients.iter().flat_map(|c| report.output::<Vec<u64>>(*c).expect("done")).copied().collect();
    given.sort_unstable();
    assert!(given.iter().copied().eq(0..SEATS), "each seat is given once: {given:?}");
}

#[test]
fn two_who_look_before_the_other_books_are_found() {
    is_found("check then act", "each seat is given once", scenario);
}
