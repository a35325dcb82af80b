//! mini-redis: its own server and its own client.

use mini_redis::{client, server};
use tokio::net::TcpListener;
use tokio::signal;
use tumult_sim::body::tokio;
use tumult_sim::{Sim, sometimes};

use crate::common::{ASKED, PAUSE, between, until_answered};

async fn serve() -> mini_redis::Result<()> {
    let listener = TcpListener::bind("0.0.0.0:6379").await?;
    server::run(listener, signal::ctrl_c()).await
}

/// The server keeps nothing over its end: what was set is there, or all is gone.
async fn ask() -> u64 {
    let (mut connection, mut felt, mut seen) = (None, 0, 0);
    for n in 0..ASKED {
        let (found, failed) = until_answered(async || {
            let mut redis = match connection.take() {
                Some(redis) => redis,
                None => client::connect("server:6379").await?,
            };
            redis.set("last", n.to_string().into()).await?;
            redis.set(&format!("key {n}"), format!("{n:0>500}").into()).await?;
            let found = redis.get(&format!("key {}", n / 2)).await?;
            assert_eq!(redis.get("last").await?, Some(n.to_string().into()));
            connection = Some(redis);
            Ok::<_, mini_redis::Error>(found)
        })
        .await;
        if let Some(value) = &found {
            assert_eq!(*value, format!("{:0>500}", n / 2), "what was set, or nothing");
        }
        sometimes!("mini-redis: a key was gone with its server", found.is_none());
        sometimes!("mini-redis: a command was given again", failed > 0);
        seen += u64::from(found.is_some());
        felt += failed;
        ::tokio::time::sleep(PAUSE).await;
    }
    assert!(seen > 0, "nothing was ever found");
    felt
}

#[tumult_sim::test(seeds = 10, checked)]
fn mini_redis_sets_and_gets(sim: &mut Sim) {
    between(sim, tokio(serve), tokio(ask));
}
