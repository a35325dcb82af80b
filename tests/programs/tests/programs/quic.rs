//! quinn: streams over QUIC.

use std::sync::Arc;
use std::time::Duration;

use quinn::{ClientConfig, Connection, Endpoint, ServerConfig, TransportConfig};
use tumult_sim::body::tokio;
use tumult_sim::{Sim, sometimes};

use crate::common::{ASKED, PATIENCE, PAUSE, between, certificate, key, roots, until_answered};

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Silence ends a connection when the client gives up, too.
fn transport() -> Arc<TransportConfig> {
    let mut transport = TransportConfig::default();
    transport.max_idle_timeout(Some(PATIENCE.try_into().expect("it is short")));
    transport.keep_alive_interval(Some(Duration::from_millis(300)));
    Arc::new(transport)
}

async fn serve() -> Result<(), Failed> {
    let mut config = ServerConfig::with_single_cert(vec![certificate()], key())?;
    config.transport_config(transport());
    let endpoint = Endpoint::server(config, "0.0.0.0:4433".parse()?)?;
    while let Some(incoming) = endpoint.accept().await {
        ::tokio::spawn(async move {
            let connection = incoming.await?;
            loop {
                let (mut send, mut receive) = connection.accept_bi().await?;
                ::tokio::spawn(async move {
                    let mut bytes = receive.read_to_end(1 << 20).await?;
                    bytes.reverse();
                    send.write_all(&bytes).await?;
                    send.finish()?;
                    Ok::<_, Failed>(())
                });
            }
            #[expect(unreachable_code, reason = "says the type of the block")]
            Ok::<(), Failed>(())
        });
    }
    Ok(())
}

async fn connect(endpoint: &Endpoint) -> Result<Connection, Failed> {
    let at = ::tokio::net::lookup_host("server:4433").await?.next().ok_or("no address")?;
    Ok(endpoint.connect(at, "server")?.await?)
}

async fn one(connection: Connection, n: u64) -> Result<(), Failed> {
    let mut bytes: Vec<u8> = (0..n * 997).map(|k| (k ^ n) as u8).collect();
    let (mut send, mut receive) = connection.open_bi().await?;
    send.write_all(&bytes).await?;
    send.finish()?;
    bytes.reverse();
    assert!(receive.read_to_end(1 << 20).await? == bytes, "an answer is right, or there is none");
    Ok(())
}

async fn ask() -> u64 {
    let mut config = ClientConfig::with_root_certificates(Arc::new(roots())).expect("a configuration");
    config.transport_config(transport());
    let mut endpoint = Endpoint::client("0.0.0.0:0".parse().expect("an address")).expect("an endpoint");
    endpoint.set_default_client_config(config);
    let (mut connection, mut felt) = (None::<Connection>, 0);
    for n in 0..ASKED {
        let ((), failed) = until_answered(async || {
            let quic = match connection.take().filter(|c| c.close_reason().is_none()) {
                Some(quic) => quic,
                None => connect(&endpoint).await?,
            };
            let mut all = ::tokio::task::JoinSet::new();
            (0..4).for_each(|k| drop(all.spawn(one(quic.clone(), n + k))));
            while let Some(done) = all.join_next().await {
                done??;
            }
            connection = Some(quic);
            Ok::<_, Failed>(())
        })
        .await;
        sometimes!("quinn: a stream was opened again", failed > 0);
        felt += failed;
        ::tokio::time::sleep(PAUSE).await;
    }
    felt
}

#[tumult_sim::test(seeds = 10, checked)]
fn quinn_opens_streams(sim: &mut Sim) {
    between(sim, tokio(serve), tokio(ask));
}
