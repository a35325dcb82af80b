//! Load that does not wait for answers: clients come when they come, however long the queue takes.

use std::io;
use std::time::Duration;

use tumult_invariants::{Answer, Counted};
use tumult_sim::net::rpc::Client;
use tumult_sim::phase::Unit;
use tumult_sim::process::random_duration;
use tumult_sim::task::spawn;
use tumult_sim::time::{Instant, now, sleep, timeout};
use tumult_sim::{Experiment, Process, Sim};

use super::messages::{PORT, QueueReply, QueueRequest};
use super::{Handle, Observers};

/// How long the queue has to answer.
const DEADLINE: Duration = Duration::from_millis(250);
/// How often a client looks whether its job has ended.
const LOOK: Duration = Duration::from_millis(250);
/// How often goodput is probed.
const PROBED: Duration = Duration::from_millis(500);

/// A stream of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// One comes so often, give or take a quarter.
    pub every: Duration,
    /// How long it wants its job done.
    pub patience: Duration,
    /// How often it tries: each time with a new job, after it has given the one before up. One who tries once does not
    /// wait for the end.
    pub tries: u32,
}

#[derive(Clone)]
struct Stream {
    name: String,
    queue: Process,
    load: Load,
    seen: Observers,
}

impl Handle {
    /// A stream of clients, from the start to the end of the run.
    pub fn load(&self, sim: &mut Sim, name: &str, load: Load) -> Process {
        let stream = Stream { name: name.to_string(), queue: self.queue, load, seen: self.seen.clone() };
        sim.process(name, move || stream.clone().run())
    }

    /// Somebody who asks the queue something `every` so often, from the start to the end of the run, and does not wait for
    /// the answers: work for the queue, and none for workers.
    pub fn queries(&self, sim: &mut Sim, name: &str, every: Duration) -> Process {
        let queue = self.queue;
        sim.process(name, move || async move {
            let queue = Client::<QueueRequest, QueueReply>::connect((queue, PORT)).await?;
            loop {
                sleep(every).await;
                let answer = queue.call(&QueueRequest::State { key: String::new() }, DEADLINE);
                spawn(async move { drop(answer.await) });
            }
            #[expect(unreachable_code, reason = "names the body's type")]
            Ok::<_, io::Error>(())
        })
    }

    /// A probe of what is done in time, of late, in jobs a second.
    pub fn probe_goodput(&self, x: &mut Experiment<'_>) {
        let goodput = self.seen.goodput.clone();
        x.probe("goodput", Unit::PerSecond, PROBED, move || goodput.read(|g| g.current(now())));
    }
}

impl Stream {
    async fn run(self) -> io::Result<()> {
        let queue = Client::connect((self.queue, PORT)).await?;
        let every = self.load.every;
        for n in 1_u64.. {
            sleep(every * 3 / 4 + random_duration(Duration::ZERO, every / 2)).await;
            let (stream, queue) = (self.clone(), queue.clone());
            spawn(async move { stream.client(&queue, n).await });
        }
        Ok(())
    }

    /// One client.
    async fn client(&self, queue: &Client<QueueRequest, QueueReply>, n: u64) {
        for time in 1..=self.load.tries {
            let key = format!("{}-{n}.{time}", self.name);
            self.seen.goodput.update(|g| g.asks(&key, now()));
            let patient = timeout(self.load.patience, self.served(queue, key)).await;
            if patient.is_ok() {
                return;
            }
        }
    }

    /// Ends when the client has an answer: it was refused, or is done; or does not care.
    async fn served(&self, queue: &Client<QueueRequest, QueueReply>, key: String) {
        let begun = Instant::now();
        loop {
            let within = self.load.patience.saturating_sub(begun.elapsed());
            let request = QueueRequest::SubmitWithin { key: key.clone(), payload: vec![], within };
            let (answer, counted) = match queue.call(&request, DEADLINE).await {
                Ok(QueueReply::Accepted(job)) => {
                    self.seen.accepted(job);
                    (Answer::Confirmed, Counted::Success)
                }
                Ok(QueueReply::Refused(_)) => (Answer::Refused, Counted::Failure),
                Ok(_) | Err(_) => (Answer::Silence, Counted::Failure),
            };
            self.seen.ends(format!("the submission of `{key}`"), answer, counted);
            match answer {
                Answer::Refused => return,
                Answer::Confirmed if self.load.tries == 1 => return,
                Answer::Confirmed => break,
                Answer::Silence => sleep(random_duration(DEADLINE / 2, DEADLINE)).await,
            }
        }
        loop {
            sleep(LOOK).await;
            let answer = queue.call(&QueueRequest::State { key: key.clone() }, DEADLINE).await;
            if matches!(answer, Ok(QueueReply::State(Some(state))) if state.is_final()) {
                return;
            }
        }
    }
}
