//! A session of rustls on tokio's streams.

use std::io;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector, client::TlsStream};
use tumult_sim::body::tokio;
use tumult_sim::{Sim, sometimes};

use crate::common::{ASKED, PAUSE, between, certificate, key, roots, until_answered};

async fn serve() -> io::Result<()> {
    let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate()], key());
    let acceptor = TlsAcceptor::from(Arc::new(config.map_err(io::Error::other)?));
    let listener = TcpListener::bind("0.0.0.0:443").await?;
    loop {
        let (stream, _) = listener.accept().await?;
        let acceptor = acceptor.clone();
        ::tokio::spawn(async move {
            let mut stream = acceptor.accept(stream).await?;
            loop {
                let mut bytes = vec![0; stream.read_u32().await? as usize];
                stream.read_exact(&mut bytes).await?;
                bytes.reverse();
                stream.write_all(&bytes).await?;
                stream.flush().await?;
            }
            #[expect(unreachable_code, reason = "says the type of the block")]
            Ok::<(), io::Error>(())
        });
    }
}

struct Client {
    connector: TlsConnector,
    stream: Option<TlsStream<TcpStream>>,
}

impl Client {
    fn new() -> Self {
        let config = rustls::ClientConfig::builder().with_root_certificates(roots()).with_no_client_auth();
        Self { connector: TlsConnector::from(Arc::new(config)), stream: None }
    }

    async fn ask(&mut self, n: u64) -> io::Result<()> {
        let mut stream = if let Some(stream) = self.stream.take() {
            stream
        } else {
            let name = ServerName::try_from("server").expect("a name");
            self.connector.connect(name, TcpStream::connect("server:443").await?).await?
        };
        let mut bytes: Vec<u8> = (0..n * 997).map(|k| (k ^ n) as u8).collect();
        stream.write_u32(bytes.len() as u32).await?;
        stream.write_all(&bytes).await?;
        stream.flush().await?;
        let mut answer = vec![0; bytes.len()];
        stream.read_exact(&mut answer).await?;
        bytes.reverse();
        assert!(answer == bytes, "an answer is right, or there is none");
        self.stream = Some(stream);
        Ok(())
    }
}

async fn ask() -> u64 {
    let (mut client, mut felt) = (Client::new(), 0);
    for n in 0..ASKED {
        let ((), failed) = until_answered(async || client.ask(n).await).await;
        sometimes!("rustls: a session was begun again", failed > 0);
        felt += failed;
        ::tokio::time::sleep(PAUSE).await;
    }
    felt
}

#[tumult_sim::test(seeds = 10, checked)]
fn rustls_sessions(sim: &mut Sim) {
    between(sim, tokio(serve), tokio(ask));
}
