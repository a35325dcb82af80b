//! Pipes and pairs as a process sees them.

use std::cell::RefCell;
use std::io::ErrorKind;
use std::rc::Rc;
use std::time::Duration;

use super::{UnixStream, pipe};
use crate::Sim;
use crate::fault::Fault;
use crate::task::spawn;
use crate::time::sleep;

const MS: Duration = Duration::from_millis(1);

fn within_a_process(body: impl AsyncFn() + 'static) {
    let mut sim = Sim::new(1);
    let p = sim.primary("p", body);
    assert!(sim.run().output::<()>(p).is_some());
}

#[test]
fn what_is_written_is_read_in_order_however_long_it_is() {
    within_a_process(async || {
        let (mut reader, mut writer) = pipe().unwrap();
        let data: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
        let sent = data.clone();
        spawn(async move { writer.write_all(&sent).await.unwrap() });
        let mut got = vec![];
        assert_eq!(reader.read_to_end(&mut got).await.unwrap(), data.len());
        assert!(got == data);
    });
}

#[test]
fn writers_that_share_a_pipe_do_not_mix_short_writes() {
    within_a_process(async || {
        let (mut reader, writer) = pipe().unwrap();
        let writer = Rc::new(RefCell::new(writer));
        for n in 0..8_u8 {
            let writer = Rc::clone(&writer);
            spawn(async move {
                for _ in 0..40 {
                    let all = std::future::poll_fn(|cx| writer.borrow().poll_write_from(cx, &[n; 1000])).await;
                    assert_eq!(all.unwrap(), 1000);
                }
            });
        }
        drop(writer);
        let mut record = [0; 1000];
        for _ in 0..8 * 40 {
            reader.read_exact(&mut record).await.unwrap();
            assert!(record.iter().all(|b| *b == record[0]), "a record is of one writer");
        }
        assert_eq!(reader.read(&mut record).await.unwrap(), 0);
    });
}

#[test]
fn a_full_pipe_holds_its_writer_and_an_empty_one_its_reader() {
    within_a_process(async || {
        let (mut reader, mut writer) = pipe().unwrap();
        assert_eq!(reader.try_read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(writer.write(&vec![0; 100_000]).await.unwrap(), 64 << 10);
        assert_eq!(writer.try_write(b"x").unwrap_err().kind(), ErrorKind::WouldBlock);
        let late = spawn(async move {
            writer.write_all(b"x").await.unwrap();
            crate::time::now()
        });
        sleep(MS).await;
        reader.read_exact(&mut [0; 1000]).await.unwrap();
        assert_eq!(late.await.unwrap(), crate::Time::ZERO + MS);
    });
}

#[test]
fn dropped_ends_are_felt_at_the_other() {
    within_a_process(async || {
        let (reader, mut writer) = pipe().unwrap();
        drop(reader);
        assert_eq!(writer.write(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        let (mut reader, writer) = pipe().unwrap();
        spawn(async move {
            sleep(MS).await;
            drop(writer);
        });
        assert_eq!(reader.read(&mut [0; 9]).await.unwrap(), 0);
    });
}

#[test]
fn a_pair_goes_both_ways_and_ends_one_way_at_a_time() {
    within_a_process(async || {
        let (mut a, mut b) = UnixStream::pair().unwrap();
        a.write_all(b"to b").await.unwrap();
        b.write_all(b"to a").await.unwrap();
        a.shutdown().await.unwrap();
        assert_eq!(a.write(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        let mut got = vec![];
        b.read_to_end(&mut got).await.unwrap();
        assert_eq!(got, b"to b");
        b.write_all(b"!").await.unwrap();
        drop(b);
        let mut got = vec![];
        a.read_to_end(&mut got).await.unwrap();
        assert_eq!(got, b"to a!");
    });
}

#[test]
fn a_pair_that_is_dropped_with_something_unread_is_reset() {
    within_a_process(async || {
        let (mut a, mut b) = UnixStream::pair().unwrap();
        a.write_all(b"unread").await.unwrap();
        b.write_all(b"last").await.unwrap();
        drop(b);
        let mut got = [0; 4];
        a.read_exact(&mut got).await.unwrap();
        assert_eq!(a.read(&mut got).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(a.read(&mut got).await.unwrap(), 0);
        assert_eq!(a.write(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn pipes_count_and_end_with_their_process() {
    let mut sim = Sim::new(1);
    let p = sim.primary("p", || async {
        let mut held = vec![];
        let refused = loop {
            match pipe() {
                Ok(ends) => held.push(ends),
                Err(e) => break e,
            }
        };
        assert_eq!(refused.raw_os_error(), Some(24));
        held[0].1.write_all(b"of this life").await.unwrap();
        if crate::process::incarnation().0 == 0 {
            sleep(Duration::from_secs(60)).await;
        }
        let at_first = held.len();
        held.pop();
        assert!(UnixStream::pair().is_ok(), "the places of what was dropped are free");
        at_first
    });
    sim.descriptor_limit(p, 7);
    sim.at(10 * MS, Fault::restart(p));
    assert_eq!(sim.run().output::<usize>(p), Some(&3));
}
