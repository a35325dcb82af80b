//! A planted deviation: the simulation with streams that take a reset for the end. Its cases must differ from the real
//! ones.

pub(crate) mod arm {
    use std::io;
    use std::net::SocketAddr;
    use std::ops::{Deref, DerefMut};
    pub(crate) use std::time::Duration;

    use tumult_sim::net::{self, Target};
    pub(crate) use tumult_sim::task::spawn;
    pub(crate) use tumult_sim::time::sleep;

    pub(crate) const SETTLE: Duration = super::super::simulated::arm::SETTLE;

    /// A stream that lies.
    #[derive(Debug)]
    pub(crate) struct TcpStream(net::TcpStream);

    impl TcpStream {
        pub(crate) async fn connect(to: impl Target) -> io::Result<Self> {
            net::TcpStream::connect(to).await.map(Self)
        }

        pub(crate) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer).await {
                Err(e) if e.kind() == io::ErrorKind::ConnectionReset => Ok(0),
                result => result,
            }
        }
    }

    impl Deref for TcpStream {
        type Target = net::TcpStream;
        fn deref(&self) -> &net::TcpStream {
            &self.0
        }
    }

    impl DerefMut for TcpStream {
        fn deref_mut(&mut self) -> &mut net::TcpStream {
            &mut self.0
        }
    }

    /// What accepts streams that lie.
    #[derive(Debug)]
    pub(crate) struct TcpListener(net::TcpListener);

    impl TcpListener {
        pub(crate) async fn bind(at: impl Target) -> io::Result<Self> {
            net::TcpListener::bind(at).await.map(Self)
        }

        pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
            self.0.local_addr()
        }

        pub(crate) async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
            self.0.accept().await.map(|(stream, from)| (TcpStream(stream), from))
        }
    }
}

#[expect(dead_code, reason = "these cases need no files")]
#[path = "rig.rs"]
pub(crate) mod rig;
#[path = "cases/tcp_resets.rs"]
mod tcp_resets;

pub(crate) use tcp_resets::CASES;
