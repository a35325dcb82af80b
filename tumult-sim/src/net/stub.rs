//! A service outside the system under test, in one line: [`Stub`].
//!
//! It is an ordinary process underneath: faults reach it as any other, and its links are links.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use super::{TcpListener, TcpStream, UdpSocket};
use crate::base::{OrPanic as _, Probability};
use crate::process::{random_below, random_bool, random_bytes};
use crate::task::spawn;
use crate::time::sleep;

/// No request is longer: who sends more is cut off.
const REQUEST_MAX: usize = 1 << 20;

/// What a [`Stub`] does about one request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// It sends these bytes.
    Bytes(Vec<u8>),
    /// It waits, then answers so.
    After(Duration, Box<Self>),
    /// It sends so many bytes without sense.
    Garbage(usize),
    /// It says nothing.
    Silence,
    /// It ends the connection in order; of datagrams, it says nothing.
    Close,
    /// It resets the connection; of datagrams, it says nothing.
    Reset,
}

impl Answer {
    /// This answer, after a while.
    pub fn after(self, wait: Duration) -> Self {
        Self::After(wait, Box::new(self))
    }
}

impl From<&[u8]> for Answer {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Answer {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<&str> for Answer {
    fn from(text: &str) -> Self {
        Self::Bytes(text.into())
    }
}

impl From<Vec<u8>> for Answer {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// Where a request ends in a stream, and how an answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// At the end of a line.
    Lines,
    /// Its length stands before it, in four bytes, the highest first.
    Lengths,
}

type Decide = Rc<RefCell<dyn FnMut(&[u8]) -> Answer>>;

/// A service that answers as it is told: always the same, by a script, by a closure, or with faults of its own.
///
/// Of datagrams each is a request. In a stream a request is a line, and the answer is sent as one;
/// [`length_delimited`](Self::length_delimited) changes that. A script goes on over restarts of its process.
///
/// ```
/// use std::time::Duration;
/// use tumult_sim::{Sim, net::{Answer, Stub, TcpStream}};
///
/// let mut sim = Sim::new(1);
/// sim.stub("payments:443", Stub::fixed(b"ok"));
/// sim.stub("stock:80", Stub::scripted([Answer::from("3"), Answer::from("2").after(Duration::from_secs(1)), Answer::Reset]));
/// sim.stub("mail:25", Stub::faulty(0.2, Stub::answering(|request| Answer::from([b"250 ", request].concat()))));
/// let shop = sim.primary("shop", || async {
///     # tumult_sim::time::sleep(Duration::from_millis(1)).await;
///     let mut payments = TcpStream::connect("payments:443").await?;
///     payments.write_all(b"pay 7\n").await?;
///     let mut said = [0; 3];
///     payments.read_exact(&mut said).await?;
///     assert_eq!(&said, b"ok\n");
///     Ok::<_, std::io::Error>(())
/// });
/// sim.run();
/// ```
#[derive(Clone)]
pub struct Stub {
    decide: Decide,
    framing: Framing,
}

impl Stub {
    /// Gives each request's answer.
    pub fn answering<A: Into<Answer>>(mut answer: impl FnMut(&[u8]) -> A + 'static) -> Self {
        let decide = move |request: &[u8]| answer(request).into();
        Self { decide: Rc::new(RefCell::new(decide)), framing: Framing::Lines }
    }

    /// Always the same.
    pub fn fixed(answer: impl Into<Answer>) -> Self {
        let answer = answer.into();
        Self::answering(move |_| answer.clone())
    }

    /// One answer after the other, whoever asks; the last one from then on.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn scripted<A: Into<Answer>>(answers: impl IntoIterator<Item = A>) -> Self {
        let answers: Vec<Answer> = answers.into_iter().map(Into::into).collect();
        assert!(!answers.is_empty(), "failed to make a stub: its script has no answer; write one or more");
        let mut next = 0;
        Self::answering(move |_| {
            let answer = answers[next].clone();
            next = (next + 1).min(answers.len() - 1);
            answer
        })
    }

    /// As another stub, but with this probability a request comes to harm: it is answered late, with garbage, or not at
    /// all, or its connection ends, in order or by a reset. Drawn from the randomness of the stub's process.
    ///
    /// # Panics
    /// When the probability is not within 0..=1.
    #[track_caller]
    pub fn faulty(p: impl TryInto<Probability, Error: fmt::Display>, stub: Self) -> Self {
        let (p, Self { decide: inner, framing }) = (p.try_into().or_panic(), stub);
        let decide = move |request: &[u8]| {
            let sound = |request| (inner.borrow_mut())(request);
            if !p.possible() || !random_bool(p.get()) {
                return sound(request);
            }
            match random_below(5) {
                0 => sound(request).after(Duration::from_millis(random_below(10_000))),
                1 => Answer::Garbage(1 + random_below(64) as usize),
                2 => Answer::Silence,
                3 => Answer::Close,
                _ => Answer::Reset,
            }
        };
        Self { decide: Rc::new(RefCell::new(decide)), framing }
    }

    /// In streams, requests and answers have their length before them, in four bytes, the highest first.
    pub fn length_delimited(self) -> Self {
        Self { framing: Framing::Lengths, ..self }
    }

    /// What its process does.
    pub(crate) async fn serve(self, port: u16) -> io::Result<()> {
        let socket = Rc::new(UdpSocket::bind(port).await?);
        let listener = TcpListener::bind(port).await?;
        let datagrams = self.clone();
        spawn(async move {
            while let Ok((request, from)) = socket.recv_datagram().await {
                let (answer, socket) = (datagrams.decide(&request), Rc::clone(&socket));
                spawn(async move {
                    if let Some(bytes) = answer.datagram().await {
                        let _ = socket.try_send_to(&bytes, from);
                    }
                });
            }
        });
        loop {
            // What fails here is one connection, or there is no place for it now.
            match listener.accept().await {
                Ok((stream, _)) => drop(spawn(self.clone().converse(stream))),
                Err(_) => sleep(Duration::from_millis(10)).await,
            }
        }
    }

    fn decide(&self, request: &[u8]) -> Answer {
        (self.decide.borrow_mut())(request)
    }

    /// Answers the requests of one connection, in their order, until it ends.
    async fn converse(self, mut stream: TcpStream) {
        let (mut unread, mut buffer) = (vec![], [0; 4096]);
        loop {
            while let Some(request) = self.framing.take(&mut unread) {
                if !self.decide(&request).stream(&mut stream, self.framing).await {
                    return;
                }
            }
            match stream.read(&mut buffer).await {
                Ok(n @ 1..) if unread.len() + n <= REQUEST_MAX => unread.extend_from_slice(&buffer[..n]),
                _ => return,
            }
        }
    }
}

impl fmt::Debug for Stub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stub").field("framing", &self.framing).finish_non_exhaustive()
    }
}

impl Answer {
    /// Waits as long as it says; what it is then.
    async fn ripe(mut self) -> Self {
        while let Self::After(wait, answer) = self {
            sleep(wait).await;
            self = *answer;
        }
        self
    }

    /// What is sent to whom a datagram came from.
    async fn datagram(self) -> Option<Vec<u8>> {
        match self.ripe().await {
            Self::Bytes(bytes) => Some(bytes),
            Self::Garbage(len) => Some(garbage(len)),
            _ => None,
        }
    }

    /// Does it to a stream. False when that has ended.
    async fn stream(self, stream: &mut TcpStream, framing: Framing) -> bool {
        match self.ripe().await {
            Self::Bytes(bytes) => stream.write_all(&framing.wrap(&bytes)).await.is_ok(),
            // Not framed: the length would have sense.
            Self::Garbage(len) => stream.write_all(&garbage(len)).await.is_ok(),
            Self::Reset => {
                // The drop does it.
                let _ = stream.set_linger(Some(Duration::ZERO));
                false
            }
            Self::Close => false,
            Self::Silence | Self::After(..) => true,
        }
    }
}

fn garbage(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    random_bytes(&mut bytes);
    bytes
}

impl Framing {
    /// Takes the first whole request out of what was read.
    fn take(self, unread: &mut Vec<u8>) -> Option<Vec<u8>> {
        let (skip, len, end) = match self {
            Self::Lines => {
                let at = unread.iter().position(|b| *b == b'\n')?;
                (0, at - usize::from(at > 0 && unread[at - 1] == b'\r'), at + 1)
            }
            Self::Lengths => {
                let len = u32::from_be_bytes(unread.get(..4)?.try_into().ok()?) as usize;
                (4, len, 4 + len)
            }
        };
        let request = unread.get(..end)?[skip..skip + len].to_vec();
        unread.drain(..end);
        Some(request)
    }

    fn wrap(self, answer: &[u8]) -> Vec<u8> {
        match self {
            Self::Lines => [answer, b"\n"].concat(),
            Self::Lengths => [&(answer.len() as u32).to_be_bytes(), answer].concat(),
        }
    }
}

#[cfg(test)]
mod tests;
