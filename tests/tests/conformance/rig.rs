//! What a case is given: a place where it runs and one where its peer is, which may be the same process or another.
//!
//! The case is one function. What the peer does, it does there: `peer.run(async |stream| …)`.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use super::arm::*;
use crate::log::{seen, text};

type Work = Pin<Box<dyn Future<Output = ()>>>;

/// One case: its name and its body.
pub(crate) type Case = crate::Case<Rig>;

/// The table of a file of cases.
macro_rules! cases {
    ($($name:ident),+ $(,)?) => {
        pub(crate) const CASES: &[super::rig::Case] = &[
            $(crate::Case { name: stringify!($name), body: |rig| Box::pin($name(rig)) }),+
        ];
    };
}
pub(crate) use cases;

/// Somewhere that things are done: a process.
#[derive(Clone, Default)]
pub(crate) struct Place(Rc<RefCell<VecDeque<Work>>>);

impl Place {
    /// Does what it is asked, for ever; each thing is a task of its own.
    pub(crate) async fn serve(self) {
        loop {
            let work = self.0.borrow_mut().pop_front();
            match work {
                Some(work) => drop(spawn(work)),
                None => sleep(TICK).await,
            }
        }
    }

    /// Begins something there.
    pub(crate) fn start<R: 'static>(&self, work: impl Future<Output = R> + 'static) -> Pending<R> {
        let result = Rc::new(RefCell::new(None));
        let pending = Pending(Rc::clone(&result));
        self.0.borrow_mut().push_back(Box::pin(async move {
            let value = work.await;
            *result.borrow_mut() = Some(value);
        }));
        pending
    }
}

/// How often one looks whether the other has done something.
const TICK: Duration = Duration::from_millis(1);
/// So many looks, and a case hangs.
const LOOKS: u32 = 20_000;

/// Something that was begun elsewhere.
pub(crate) struct Pending<R>(Rc<RefCell<Option<R>>>);

impl<R> Pending<R> {
    pub(crate) fn is_done(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Waits for it.
    pub(crate) async fn done(self) -> R {
        for _ in 0..LOOKS {
            if let Some(value) = self.0.borrow_mut().take() {
                return value;
            }
            sleep(TICK).await;
        }
        panic!("it hangs");
    }
}

/// Something that lives at the peer's.
pub(crate) struct Far<T> {
    place: Place,
    value: Rc<RefCell<Option<T>>>,
}

impl<T: 'static> Far<T> {
    pub(crate) fn new(place: &Place, value: T) -> Self {
        Self { place: place.clone(), value: Rc::new(RefCell::new(Some(value))) }
    }

    /// Begins to do something with it; one thing at a time.
    pub(crate) fn start<R: 'static>(&self, f: impl AsyncFnOnce(&mut T) -> R + 'static) -> Pending<R> {
        let cell = Rc::clone(&self.value);
        self.place.start(async move {
            let mut value = cell.borrow_mut().take().expect("nobody else uses it");
            let result = f(&mut value).await;
            *cell.borrow_mut() = Some(value);
            result
        })
    }

    /// Does something with it.
    pub(crate) async fn run<R: 'static>(&self, f: impl AsyncFnOnce(&mut T) -> R + 'static) -> R {
        self.start(f).done().await
    }

    /// Drops it there, and lets the network become quiet.
    pub(crate) async fn close(self) {
        let cell = self.value;
        self.place.start(async move { drop(cell.borrow_mut().take()) }).done().await;
        settle().await;
    }
}

/// Lets everything arrive that is under way.
pub(crate) async fn settle() {
    sleep(SETTLE).await;
}

/// What a case is given.
#[derive(Clone)]
pub(crate) struct Rig {
    /// Where the peer is.
    pub(crate) there: Place,
    /// The peer's address.
    pub(crate) ip: Ipv4Addr,
    /// A directory of its own, empty.
    pub(crate) dir: String,
}

impl crate::Stage for Rig {
    fn new(dir: &str) -> Self {
        Self { there: Place::default(), ip: Ipv4Addr::LOCALHOST, dir: dir.into() }
    }

    fn with_peer_at(self, ip: Ipv4Addr) -> Self {
        Self { ip, ..self }
    }

    fn serve(self) -> impl Future<Output = ()> + 'static {
        self.there.serve()
    }
}

impl Rig {
    /// An address of the peer.
    pub(crate) fn at(&self, port: u16) -> SocketAddr {
        SocketAddr::from((self.ip, port))
    }

    /// A path in its directory.
    pub(crate) fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.dir)
    }

    /// A listener at the peer's, and its address.
    pub(crate) async fn listener(&self) -> (Far<TcpListener>, SocketAddr) {
        let at = self.at(0);
        let bound = self.there.start(async move {
            let listener = TcpListener::bind(at).await.unwrap();
            let address = listener.local_addr().unwrap();
            (listener, address)
        });
        let (listener, address) = bound.done().await;
        (Far::new(&self.there, listener), address)
    }

    /// The next connection of a listener, at the peer's.
    pub(crate) async fn accept(&self, listener: &Far<TcpListener>) -> Far<TcpStream> {
        Far::new(&self.there, listener.run(async |l: &mut TcpListener| l.accept().await.unwrap().0).await)
    }

    /// Two ends of a connection, the second at the peer's; the listener is gone.
    pub(crate) async fn pair(&self) -> (TcpStream, Far<TcpStream>) {
        let (listener, address) = self.listener().await;
        let near = TcpStream::connect(address).await.unwrap();
        let far = self.accept(&listener).await;
        listener.close().await;
        (near, far)
    }
}

/// What one read gives.
pub(crate) async fn read(stream: &mut TcpStream, at_most: usize) -> Result<String, String> {
    let mut buffer = vec![0; at_most];
    seen(stream.read(&mut buffer).await.map(|n| text(&buffer[..n])))
}

/// What one write gives.
pub(crate) async fn write(stream: &mut TcpStream, bytes: &[u8]) -> Result<usize, String> {
    seen(stream.write(bytes).await)
}

/// What there is up to the end, and how it ends.
pub(crate) async fn read_all(stream: &mut TcpStream) -> (String, Result<usize, String>) {
    let mut bytes = vec![];
    let end = stream.read_to_end(&mut bytes).await;
    (text(&bytes), seen(end))
}
