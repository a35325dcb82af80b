//! Calls on bad links, with servers that die, late and forged replies.

use std::time::Duration;

use super::*;
use crate::base::Effect;
use crate::net::{Mailbox, UdpSocket, Verdict, decode, encode, rule};
use crate::task::spawn;
use crate::time::{sleep, timeout};
use crate::{Process, Report, Sim};

const MS: Duration = Duration::from_millis(1);

/// Answers with what it was asked, after `takes(n)`.
fn echo(sim: &mut Sim, takes: fn(u64) -> Duration) -> Process {
    sim.process("server", move || async move {
        let server = Server::<u64, u64>::bind(9).await?;
        server
            .serve(move |n, _| async move {
                sleep(takes(n)).await;
                n
            })
            .await
    })
}

async fn client() -> Client<u64, u64> {
    Client::connect("server:9").await.unwrap()
}

fn apply_at(sim: &mut Sim, at_ms: u32, effect: Effect) {
    let cue = sim.hub().on_cue(move || crate::context::with(|w| assert!(w.apply(&effect))));
    sim.inner().world.borrow_mut().cue_at(crate::Time::ZERO + at_ms * MS, cue);
}

fn output<T: Clone + 'static>(report: &Report, of: Process) -> T {
    report.output::<T>(of).unwrap().clone()
}

#[test]
fn concurrent_calls_get_their_own_replies_on_a_bad_link() {
    let mut sim = Sim::new(3);
    echo(&mut sim, |n| (100 - n as u32) * MS);
    let a = sim.primary("client", || async {
        let client = client().await;
        let calls: Vec<_> = (0..100_u64).map(|n| spawn(client.call(&n, 300 * MS))).collect();
        let mut replies = vec![];
        for call in calls {
            replies.push(call.await.unwrap());
        }
        (replies, client.unclaimed())
    });
    sim.links().loss(0.2).duplicate(0.3).reorder(0.3);
    let (replies, unclaimed) = output::<(Vec<Result<u64, RpcError>>, u64)>(&sim.run(), a);
    let mut lost = 0;
    for (n, reply) in (0..).zip(&replies) {
        match reply {
            Ok(reply) => assert_eq!(*reply, n),
            Err(error) => {
                assert!(error.is_timeout() && !error.is_unsent(), "{error}");
                lost += 1;
            }
        }
    }
    assert!((10..70).contains(&lost), "{lost} of 100 are lost");
    assert!(unclaimed > 0, "duplicates are nobody's");
}

/// The first request is answered after the deadline, when the second one is under way.
fn late(sim: &mut Sim) {
    echo(sim, |n| if n == 1 { 150 * MS } else { 80 * MS });
    sim.links().constant_latency(MS);
}

#[test]
fn a_late_reply_is_nobodys() {
    let mut sim = Sim::new(1);
    late(&mut sim);
    let a = sim.primary("client", || async {
        let client = client().await;
        let first = client.call(&1, 100 * MS).await;
        (first, client.call(&2, 100 * MS).await, client.unclaimed())
    });
    let timed_out = Err(RpcError::Timeout { after: 100 * MS });
    assert_eq!(output::<(Result<u64, RpcError>, Result<u64, RpcError>, u64)>(&sim.run(), a), (timed_out, Ok(2), 1));
}

/// The defect that call ids are there for: a client that takes the next reply for its own.
#[test]
fn without_call_ids_a_late_reply_is_taken_for_another() {
    let mut sim = Sim::new(1);
    sim.process("server", || async {
        let mailbox = std::rc::Rc::new(Mailbox::<u64>::bind(9).await.unwrap());
        loop {
            let (n, from) = mailbox.recv().await.unwrap();
            let mailbox = std::rc::Rc::clone(&mailbox);
            spawn(async move {
                sleep(if n == 1 { 150 * MS } else { 80 * MS }).await;
                mailbox.send(from, &n).unwrap();
            });
        }
    });
    let a = sim.primary("client", || async {
        let mailbox = Mailbox::<u64>::bind(0).await.unwrap();
        mailbox.send("server:9", &1).unwrap();
        assert!(timeout(100 * MS, mailbox.recv()).await.is_err());
        mailbox.send("server:9", &2).unwrap();
        timeout(100 * MS, mailbox.recv()).await.unwrap().unwrap().0
    });
    assert_eq!(output::<u64>(&sim.run(), a), 1, "2 was asked");
}

#[test]
fn calls_to_a_killed_server_time_out_until_it_is_back() {
    let mut sim = Sim::new(1);
    let server = echo(&mut sim, |_| Duration::ZERO);
    apply_at(&mut sim, 50, Effect::Kill(server));
    apply_at(&mut sim, 150, Effect::Restart(server));
    let a = sim.primary("client", || async {
        let client = client().await;
        let (mut served, begun) = (vec![], crate::time::Instant::now());
        for n in 0..20_u64 {
            served.push(client.call(&n, 9 * MS).await.is_ok());
            sleep((10 * (n as u32 + 1) * MS).saturating_sub(begun.elapsed())).await;
        }
        served
    });
    sim.links().constant_latency(MS);
    let served = output::<Vec<bool>>(&sim.run(), a);
    let expected: Vec<bool> = (0..20).map(|n| !(5..15).contains(&n)).collect();
    assert_eq!(served, expected);
}

/// Both lives' calls have the number 0; the server answers the first one when the second one asks.
#[test]
fn a_client_of_the_next_life_takes_no_reply_of_the_last() {
    let mut sim = Sim::new(1);
    sim.process("server", || async {
        let mailbox = Mailbox::<Frame<u64, u64>>::bind(9).await.unwrap();
        let mut first = None;
        loop {
            let (Frame::Request { call, body }, from) = mailbox.recv().await.unwrap() else { continue };
            if let Some(first) = first.replace(call) {
                mailbox.send(from, &Frame::Reply { call: first, body: 666 }).unwrap();
                mailbox.send(from, &Frame::Reply { call, body }).unwrap();
            }
        }
    });
    let outcomes = sim.observe("outcomes", Vec::new());
    let seen = outcomes.clone();
    let asking = sim.process("client", move || {
        let seen = seen.clone();
        async move {
            let client = client().await;
            let reply = client.call(&5, 200 * MS).await;
            seen.update(|all| all.push((crate::process::incarnation().0, reply, client.unclaimed())));
        }
    });
    apply_at(&mut sim, 50, Effect::Kill(asking));
    apply_at(&mut sim, 60, Effect::Restart(asking));
    sim.links().constant_latency(MS);
    sim.run();
    assert_eq!(outcomes.get(), vec![(1, Ok(5), 1)]);
}

#[test]
fn an_answer_of_another_type_is_told_from_none() {
    let mut sim = Sim::new(1);
    echo(&mut sim, |_| Duration::ZERO);
    let a = sim.primary("client", || async {
        let client = Client::<u64, String>::connect("server:9").await.unwrap();
        client.call(&5, 10 * MS).await.unwrap_err()
    });
    assert!(output::<RpcError>(&sim.run(), a).is_decode());
}

#[test]
fn garbage_and_forged_replies_are_skipped() {
    let mut sim = Sim::new(1);
    sim.process("server", || async {
        let server = Server::<u64, u64>::bind(9).await.unwrap();
        loop {
            let (n, reply) = server.next().await.unwrap();
            // The right call, from the wrong port.
            let forged = encode(&Frame::<(), u64>::Reply { call: reply.call(), body: 666 }).unwrap();
            UdpSocket::bind(0).await.unwrap().try_send_to(&forged, reply.from()).unwrap();
            sleep(5 * MS).await;
            reply.send(&(n + server.undecodable())).unwrap();
        }
    });
    let a = sim.primary("client", || async {
        UdpSocket::bind(0).await.unwrap().try_send_to(b"?", "server:9").unwrap();
        let client = client().await;
        (client.call(&10, 100 * MS).await, client.undecodable())
    });
    assert_eq!(output::<(Result<u64, RpcError>, u64)>(&sim.run(), a), (Ok(11), 1));
}

#[test]
fn a_rule_can_lose_the_reply_and_keep_the_request() {
    let mut sim = Sim::new(1);
    let served = sim.observe("served", 0_u32);
    let count = served.clone();
    sim.process("server", move || {
        let count = count.clone();
        async move {
            let server = Server::<u64, u64>::bind(9).await.unwrap();
            server
                .serve(move |n, _| {
                    count.update(|c| *c += 1);
                    std::future::ready(n)
                })
                .await
        }
    });
    rule(|p| match decode::<Frame<u64, u64>>(p.bytes) {
        Some(Frame::Reply { body: 7, .. }) => Verdict::Drop,
        _ => Verdict::Pass,
    })
    .forever();
    let a = sim.primary("client", || async {
        let client = client().await;
        (client.call(&7, 50 * MS).await.is_err(), client.call(&8, 50 * MS).await)
    });
    assert_eq!(output::<(bool, Result<u64, RpcError>)>(&sim.run(), a), (true, Ok(8)));
    assert_eq!(served.get(), 2, "a call that timed out was served all the same");
}

#[test]
fn a_process_calls_itself_and_a_port_is_free_again() {
    let mut sim = Sim::new(1);
    let a = sim.primary("a", || async {
        let mut sum = 0;
        for _ in 0..2 {
            let server = Server::<u64, u64>::bind("0.0.0.0:9").await.unwrap();
            let serving = spawn(server.serve(|n, _| async move { n + 1 }));
            for to in ["127.0.0.1:9", "localhost:9", "a:9"] {
                let client = Client::<u64, u64>::connect(to).await.unwrap();
                sum += client.call(&1, 10 * MS).await.unwrap();
            }
            serving.abort();
            crate::task::yield_now().await;
            sleep(MS).await;
        }
        sum
    });
    assert_eq!(output::<u64>(&sim.run(), a), 12);
}

#[test]
fn an_unknown_name_is_refused_and_a_call_abandoned_is_forgotten() {
    let mut sim = Sim::new(1);
    echo(&mut sim, |_| 20 * MS);
    let a = sim.primary("client", || async {
        let error = Client::<u64, u64>::connect("sever:9").await.unwrap_err();
        assert!(error.to_string().contains("`sever`"), "{error}");
        let client = client().await;
        assert!(timeout(5 * MS, client.call(&1, 100 * MS)).await.is_err());
        sleep(50 * MS).await;
        client.unclaimed()
    });
    assert_eq!(output::<u64>(&sim.run(), a), 1);
}
