//! hyper over HTTP/2: many requests at once on one connection.

use std::convert::Infallible;
use std::io;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tumult_sim::body::tokio;
use tumult_sim::{Sim, sometimes};

use crate::common::{ASKED, PAUSE, between, until_answered};

type Failed = Box<dyn std::error::Error + Send + Sync>;

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    Ok(Response::new(Full::new(Bytes::from([path.as_bytes(), b" ", &body].concat()))))
}

async fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("0.0.0.0:80").await?;
    loop {
        let (stream, _) = listener.accept().await?;
        ::tokio::spawn(async move {
            // An error ends this connection, and no other.
            let http = http2::Builder::new(TokioExecutor::new());
            let _ = http.serve_connection(TokioIo::new(stream), service_fn(answer)).await;
        });
    }
}

async fn connect() -> Result<SendRequest<Full<Bytes>>, Failed> {
    let stream = TcpStream::connect("server:80").await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
    ::tokio::spawn(connection);
    Ok(sender)
}

async fn one(mut sender: SendRequest<Full<Bytes>>, n: u64, k: u64) -> Result<(), Failed> {
    sender.ready().await?;
    let body = format!("{k:0>width$}", width = 10 + 3_000 * k as usize);
    let request = Request::post(format!("http://server/{n}/{k}")).body(Full::new(Bytes::from(body.clone())))?;
    let answer = sender.send_request(request).await?.into_body().collect().await?.to_bytes();
    assert_eq!(answer, format!("/{n}/{k} {body}"), "an answer is right, or there is none");
    Ok(())
}

async fn ask() -> u64 {
    let (mut sender, mut felt) = (None::<SendRequest<Full<Bytes>>>, 0);
    for n in 0..ASKED {
        let ((), failed) = until_answered(async || {
            let http = match sender.take().filter(|s| !s.is_closed()) {
                Some(http) => http,
                None => connect().await?,
            };
            let mut all = ::tokio::task::JoinSet::new();
            (0..8).for_each(|k| drop(all.spawn(one(http.clone(), n, k))));
            while let Some(done) = all.join_next().await {
                done??;
            }
            sender = Some(http);
            Ok::<_, Failed>(())
        })
        .await;
        sometimes!("http2: requests were made again", failed > 0);
        felt += failed;
        ::tokio::time::sleep(PAUSE).await;
    }
    felt
}

#[tumult_sim::test(seeds = 10, checked)]
fn hyper_speaks_http2(sim: &mut Sim) {
    between(sim, tokio(serve), tokio(ask));
}
