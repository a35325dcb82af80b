//! A worker finds its queue empty, writes that down, and waits to be told of work: what came in between tells nobody.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write as _};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use tumult_sim::Sim;
use tumult_sim::body::program;
use tumult_sim::net::Latency;

use super::{Lines, is_found, serve_lines};

type Job = (u64, Sender<u64>);

#[derive(Default)]
struct Queue {
    jobs: Mutex<VecDeque<Job>>,
    more: Condvar,
}

impl Queue {
    fn push(&self, job: Job) {
        self.jobs.lock().expect("nobody panics").push_back(job);
        self.more.notify_one();
    }

    /// The next one. The defect: the lock is let go between the look and the wait.
    fn next(&self, log: &mut File, planted: bool) -> io::Result<Job> {
        let mut jobs = self.jobs.lock().expect("nobody panics");
        loop {
            if let Some(job) = jobs.pop_front() {
                return Ok(job);
            }
            if planted {
                drop(jobs);
                writeln!(log, "nothing to do")?;
                jobs = self.jobs.lock().expect("nobody panics");
            } else {
                writeln!(log, "nothing to do")?;
            }
            jobs = self.more.wait(jobs).expect("nobody panics");
        }
    }
}

fn work(queue: &Queue, planted: bool) -> io::Result<()> {
    let mut log = File::create("/log")?;
    loop {
        let (n, answer) = queue.next(&mut log, planted)?;
        // Whoever asked waits for it.
        let _ = answer.send(n * n);
    }
}

fn serve(planted: bool) -> io::Result<()> {
    let queue = Arc::new(Queue::default());
    let worker = Arc::clone(&queue);
    thread::Builder::new().name("worker".into()).spawn(move || work(&worker, planted))?;
    serve_lines(queue, |queue, line| {
        let (sender, answer) = channel();
        queue.push((line.parse().map_err(io::Error::other)?, sender));
        answer.recv().map(|n| n.to_string()).map_err(io::Error::other)
    })
}

fn ask() {
    let clients = (0..3).map(|_| {
        thread::spawn(|| {
            let mut server = Lines::connect();
            for n in 0..20_u64 {
                assert_eq!(server.ask(&n.to_string()).expect("nothing fails here"), (n * n).to_string());
            }
        })
    });
    let clients: Vec<_> = clients.collect();
    for client in clients {
        client.join().expect("it does not panic");
    }
}

fn scenario(sim: &mut Sim, planted: bool) {
    sim.process("server", program(move || serve(planted)));
    sim.primary("client", program(ask));
    // On one machine, or nearly.
    sim.links().latency(Latency::uniform_ms(0.01, 0.1));
    sim.run();
}

#[test]
fn a_notify_that_nobody_waits_for_is_found() {
    is_found("lost notify", "deadlock", scenario);
}
