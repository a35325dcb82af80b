//! An axum server, a reqwest client.

use std::io;

use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tumult_sim::body::tokio;
use tumult_sim::{Sim, sometimes};

use crate::common::{ASKED, PATIENCE, PAUSE, between, until_answered};

#[derive(Serialize, Deserialize)]
struct Question {
    n: u64,
}

#[derive(Serialize, Deserialize)]
struct Answer {
    square: u64,
    words: Vec<String>,
}

async fn serve() -> io::Result<()> {
    let square = |Json(question): Json<Question>| async move {
        let n = question.n;
        Json(Answer { square: n * n, words: (0..n * 10).map(|k| format!("word {k}")).collect() })
    };
    let app = Router::new().route("/square", post(square)).route("/health", get(|| async { "well" }));
    let listener = ::tokio::net::TcpListener::bind("0.0.0.0:80").await?;
    axum::serve(listener, app).await
}

async fn ask() -> u64 {
    let client = reqwest::Client::builder().timeout(PATIENCE).build().expect("a client");
    let mut felt = 0;
    for n in 0..ASKED {
        let (answer, failed) = until_answered(async || {
            let health = client.get("http://server/health").send().await?.error_for_status()?.text().await?;
            assert_eq!(health, "well");
            client.post("http://server/square").json(&Question { n }).send().await?.json::<Answer>().await
        })
        .await;
        assert_eq!((answer.square, answer.words.len() as u64), (n * n, n * 10), "an answer is right, or there is none");
        sometimes!("axum: a request was asked again", failed > 0);
        felt += failed;
        ::tokio::time::sleep(PAUSE).await;
    }
    felt
}

#[tumult_sim::test(seeds = 10, checked)]
fn axum_serves_reqwest(sim: &mut Sim) {
    between(sim, tokio(serve), tokio(ask));
}
