//! Timers.
//!
//! The real arm runs on a machine that may be busy, where everything may be late: no case depends on two things that
//! are less than an hour apart being seen apart. What must not be early, or come before another, is exact.

use std::cell::RefCell;
use std::rc::Rc;

use super::arm::*;
use super::rig::{Rig, cases};
use crate::log::{Log, note};

cases![
    sleeps_end_in_their_order,
    equal_sleeps_all_end,
    a_sleep_of_nothing,
    timeout_of_what_is_ready,
    timeout_of_what_is_late,
    timeout_of_nothing,
    timeout_drops_what_is_late,
    nested_timeouts,
    an_interval_ticks_at_once,
    an_interval_is_regular,
    a_late_interval_catches_up,
    select_takes_the_first,
    select_drops_the_others,
    select_in_a_loop,
    instants_go_on,
    a_sleep_dropped_wakes_nobody,
];

/// A while, and n of them.
fn ms(n: u64) -> Duration {
    Duration::from_millis(15 * n)
}

/// Later than a case can last on any machine.
const LATE: Duration = Duration::from_secs(3600);

async fn sleeps_end_in_their_order(_: Rig) -> Log {
    let order = Rc::new(RefCell::new(vec![]));
    let begun = Instant::now();
    let tasks: Vec<_> = [3, 1, 4, 2]
        .into_iter()
        .map(|n| {
            let order = Rc::clone(&order);
            spawn(async move {
                sleep_until(begun + ms(n)).await;
                order.borrow_mut().push(n);
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut log = Log::new();
    note(&mut log, "order", order.borrow());
    log
}

async fn equal_sleeps_all_end(_: Rig) -> Log {
    let tasks: Vec<_> = (0..50).map(|_| spawn(sleep(ms(1)))).collect();
    let mut ended = 0;
    for task in tasks {
        task.await.unwrap();
        ended += 1;
    }
    let mut log = Log::new();
    note(&mut log, "ended", ended);
    log
}

async fn a_sleep_of_nothing(_: Rig) -> Log {
    let mut log = Log::new();
    let before = Instant::now();
    sleep(Duration::ZERO).await;
    note(&mut log, "soon", before.elapsed() < Duration::from_secs(1));
    log
}

async fn timeout_of_what_is_ready(_: Rig) -> Log {
    let mut log = Log::new();
    note(&mut log, "ready", timeout(ms(1), std::future::ready(7)).await.ok());
    note(
        &mut log,
        "sooner",
        timeout(ms(6), async {
            sleep(ms(1)).await;
            8
        })
        .await
        .ok(),
    );
    log
}

async fn timeout_of_what_is_late(_: Rig) -> Log {
    let mut log = Log::new();
    let late = timeout(ms(1), sleep(LATE)).await.unwrap_err();
    note(&mut log, "late", late.to_string());
    note(&mut log, "as io", std::io::Error::from(late).kind());
    note(&mut log, "never", timeout(ms(1), std::future::pending::<()>()).await.is_err());
    log
}

async fn timeout_of_nothing(_: Rig) -> Log {
    let mut log = Log::new();
    note(&mut log, "ready", timeout(Duration::ZERO, async { 1 }).await.ok());
    note(&mut log, "late", timeout(Duration::ZERO, sleep(LATE)).await.is_err());
    log
}

/// Says when it is dropped.
struct Says(Rc<RefCell<Log>>, &'static str);

impl Drop for Says {
    fn drop(&mut self) {
        self.0.borrow_mut().push(format!("dropped {}", self.1));
    }
}

async fn timeout_drops_what_is_late(_: Rig) -> Log {
    let log = Rc::new(RefCell::new(Log::new()));
    let says = Says(Rc::clone(&log), "what was late");
    let result = timeout(ms(1), async move {
        sleep(LATE).await;
        drop(says);
    });
    let result = result.await.is_err();
    note(&mut log.borrow_mut(), "late", result);
    log.take()
}

async fn nested_timeouts(_: Rig) -> Log {
    let mut log = Log::new();
    let inner = timeout(LATE, timeout(ms(1), sleep(LATE))).await;
    note(&mut log, "inner", inner.map(|r| r.is_err()).ok());
    let outer = timeout(ms(1), timeout(LATE, sleep(LATE))).await;
    note(&mut log, "outer", outer.is_err());
    log
}

async fn an_interval_ticks_at_once(_: Rig) -> Log {
    let mut ticks = interval(Duration::from_secs(3600));
    let mut log = Log::new();
    note(&mut log, "at once", timeout(ms(1), ticks.tick()).await.is_ok());
    note(&mut log, "then", timeout(ms(1), ticks.tick()).await.is_ok());
    note(&mut log, "period", ticks.period());
    log
}

async fn an_interval_is_regular(_: Rig) -> Log {
    let mut ticks = interval(ms(1));
    let first = ticks.tick().await;
    let mut log = Log::new();
    for _ in 0..3 {
        note(&mut log, "due", ticks.tick().await - first);
    }
    log
}

async fn a_late_interval_catches_up(_: Rig) -> Log {
    let mut ticks = interval(ms(1));
    let first = ticks.tick().await;
    sleep(ms(3)).await;
    let mut log = Log::new();
    for _ in 0..5 {
        note(&mut log, "due", ticks.tick().await - first);
    }
    log
}

async fn select_takes_the_first(_: Rig) -> Log {
    let mut log = Log::new();
    let first = select! {
        () = sleep(LATE) => "slow",
        () = sleep(ms(1)) => "fast",
        () = std::future::pending() => "never",
    };
    note(&mut log, "first", first);
    let first = select! {
        biased;
        n = std::future::ready(1) => n,
        n = std::future::ready(2) => n,
    };
    note(&mut log, "biased", first);
    log
}

async fn select_drops_the_others(_: Rig) -> Log {
    let log = Rc::new(RefCell::new(Log::new()));
    let says = Says(Rc::clone(&log), "the loser");
    select! {
        () = async move { sleep(LATE).await; drop(says); } => {},
        () = sleep(ms(1)) => log.borrow_mut().push("the branch".into()),
    }
    log.take()
}

/// Where both are ready the ticks come first, so none that was due before the end is left out however late it is; one
/// that became due after it is not counted.
async fn select_in_a_loop(_: Rig) -> Log {
    let mut ticks = interval(ms(2));
    let first = ticks.tick().await;
    let due = first + ms(5);
    let mut log = Log::new();
    let mut end = std::pin::pin!(sleep_until(due));
    loop {
        select! {
            biased;
            tick = ticks.tick() => if tick < due {
                note(&mut log, "tick", tick - first);
            },
            () = &mut end => break log.push("end".into()),
        }
    }
    log
}

async fn instants_go_on(_: Rig) -> Log {
    let first = Instant::now();
    sleep(ms(1)).await;
    let second = Instant::now();
    let mut log = Log::new();
    note(&mut log, "later", second > first);
    note(&mut log, "by that much", second - first >= ms(1));
    note(&mut log, "backwards", first.saturating_duration_since(second));
    note(&mut log, "sum", first + ms(1) <= second);
    log
}

async fn a_sleep_dropped_wakes_nobody(_: Rig) -> Log {
    let mut log = Log::new();
    drop(sleep(ms(1)));
    let mut polled = None;
    for _ in 0..20 {
        // On a busy machine it may be over before it is asked for the first time.
        let mut sleep = Box::pin(sleep(ms(1)));
        if timeout(Duration::ZERO, &mut sleep).await.is_err() {
            polled = Some(sleep);
            break;
        }
    }
    note(&mut log, "not yet", polled.is_some());
    drop(polled);
    sleep(ms(2)).await;
    note(&mut log, "goes on", true);
    log
}
