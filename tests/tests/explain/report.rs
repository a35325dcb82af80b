//! A report as people see it, line for line: native, and of unmodified programs.

use std::time::Duration;

use tumult_sim::fault::Fault;
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use super::explained;

/// An account never owes.
#[invariant(id = "INV_975", tags = ["data"])]
fn never_owes(balance: &i64) -> Verdict {
    if *balance >= 0 { Verdict::Holds } else { violated!("the balance is {balance}") }
}

/// The report without what the machine's clock says.
pub(super) fn steady(report: &str) -> String {
    let span = |text: &str, from: &str, to: char| -> String {
        match text.split_once(from) {
            Some((head, rest)) => {
                let tail = rest.find(to).map_or("", |at| &rest[at..]);
                format!("{head}{from}…{tail}")
            }
            None => text.to_owned(),
        }
    };
    let line = |line: &str| {
        let line = if line.starts_with(" FOUND") { span(line, ", after ", '=') } else { line.to_owned() };
        if line.starts_with(" WHY") { span(&line, "replays, ", ')') } else { line }
    };
    report.lines().map(|l| line(l) + "\n").collect()
}

/// A teller asks for the balance and takes 60 of 100 when that is there; it asks again when no answer came in time.
mod native {
    use super::*;
    use tumult_sim::net::rpc::{Client, Server};
    use tumult_sim::time::sleep;

    async fn teller() {
        let bank = Client::<u8, bool>::connect("bank:80").await.unwrap();
        sleep(Duration::from_millis(tumult_sim::process::random_below(40))).await;
        for _ in 0..3 {
            if bank.call(&60, Duration::from_millis(30)).await.is_ok() {
                return;
            }
        }
    }

    pub(super) fn system(sim: &mut Sim) {
        let balance = sim.observe("balance", 0_i64);
        sim.always(INV_975, &balance);
        let served = balance.clone();
        sim.process("bank", move || bank(served.clone()));
        let tellers: Vec<_> = (1..=3).map(|n| sim.primary(&format!("teller-{n}"), teller)).collect();
        sim.at(Duration::from_millis(5), Fault::pause(tellers[0]).lasting(Duration::from_millis(20)));
        sim.at(Duration::from_millis(90), Fault::kill(tellers[2]));
        sim.run();
    }

    /// Serves each request by a task of its own: that is the defect.
    async fn bank(balance: Observed<i64>) -> std::io::Result<()> {
        balance.update(|b| *b = 100);
        let server = Server::<u8, bool>::bind(80).await?;
        loop {
            let (_, reply) = server.next().await?;
            let balance = balance.clone();
            tumult_sim::task::spawn(async move {
                let enough = balance.read(|b| *b >= 60);
                sleep(Duration::from_millis(2)).await;
                if enough {
                    balance.update(|b| *b -= 60);
                }
                reply.send(&enough)
            });
        }
    }
}

#[test]
fn of_native_code() {
    let found = explained("a withdrawal too many", native::system);
    insta::assert_snapshot!(steady(found.report().unwrap()));
}

/// The same with threads and sockets of std.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod hosted {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use tumult_sim::body::program;

    fn serve(balance: &Observed<i64>) {
        balance.update(|b| *b = 100);
        let listener = TcpListener::bind("0.0.0.0:80").unwrap();
        for stream in listener.incoming() {
            let (mut stream, balance) = (stream.unwrap(), balance.clone());
            std::thread::spawn(move || {
                let mut request = [0];
                stream.read_exact(&mut request).unwrap();
                let enough = balance.read(|b| *b >= 60);
                std::fs::write("/journal", [request[0]]).unwrap();
                if enough {
                    balance.update(|b| *b -= 60);
                }
                stream.write_all(&[u8::from(enough)]).unwrap();
            });
        }
    }

    fn withdraw() -> u8 {
        let mut stream = TcpStream::connect("bank:80").unwrap();
        let mut answer = [0];
        stream.write_all(&[60]).unwrap();
        stream.read_exact(&mut answer).unwrap();
        answer[0]
    }

    pub(super) fn system(sim: &mut Sim) {
        let balance = sim.observe("balance", 0_i64);
        sim.always(INV_975, &balance);
        sim.process("bank", program(move || serve(&balance)));
        for n in 1..=2 {
            sim.primary(
                &format!("teller-{n}"),
                program(|| {
                    std::thread::sleep(Duration::from_millis(5));
                    withdraw()
                }),
            );
        }
        sim.run();
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn of_unmodified_programs() {
    let found = explained("a withdrawal too many by threads", hosted::system);
    insta::assert_snapshot!(steady(found.report().unwrap()));
}
