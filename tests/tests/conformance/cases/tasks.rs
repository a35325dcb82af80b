//! Tasks.

use std::cell::RefCell;
use std::rc::Rc;

use super::arm::*;
use super::rig::{Rig, cases, settle};
use crate::log::{Log, note};

cases![
    join_gives_the_output,
    join_of_what_has_ended,
    a_dropped_handle_lets_go_on,
    abort_of_one_that_waits,
    abort_before_it_began,
    abort_of_one_that_has_ended,
    abort_twice,
    abort_drops_what_it_holds,
    a_panic_is_its_own,
    a_panic_after_a_wait,
    a_panic_drops_what_it_holds,
    locals_are_dropped_in_reverse,
    finished_or_not,
    children_outlive_parents,
    yielding_lets_others_run,
    join_many,
    cancelled_by_drop,
    a_task_aborts_another_that_waits_for_it,
];

/// A log that tasks share.
type Shared = Rc<RefCell<Log>>;

fn say(log: &Shared, what: &str) {
    log.borrow_mut().push(what.into());
}

/// Says when it is dropped.
struct Says(Shared, &'static str);

impl Drop for Says {
    fn drop(&mut self) {
        say(&self.0, &format!("dropped {}", self.1));
    }
}

fn explode() {
    panic!("on purpose");
}

/// How a task ended.
fn how<T>(result: Result<T, JoinError>) -> Result<T, &'static str> {
    result.map_err(|e| match (e.is_cancelled(), e.is_panic()) {
        (true, false) => "cancelled",
        (false, true) => "panicked",
        _ => "both or neither",
    })
}

async fn join_gives_the_output(_: Rig) -> Log {
    let mut log = Log::new();
    note(&mut log, "output", how(spawn(async { "done" }).await));
    note(
        &mut log,
        "later",
        how(spawn(async {
            settle().await;
            7
        })
        .await),
    );
    log
}

async fn join_of_what_has_ended(_: Rig) -> Log {
    let task = spawn(async { 1 });
    settle().await;
    let mut log = Log::new();
    note(&mut log, "finished", task.is_finished());
    note(&mut log, "output", how(task.await));
    log
}

async fn a_dropped_handle_lets_go_on(_: Rig) -> Log {
    let log = Shared::default();
    let inside = Rc::clone(&log);
    drop(spawn(async move {
        yield_now().await;
        say(&inside, "it went on");
    }));
    settle().await;
    log.take()
}

async fn abort_of_one_that_waits(_: Rig) -> Log {
    let task = spawn(std::future::pending::<()>());
    yield_now().await;
    task.abort();
    let mut log = Log::new();
    note(&mut log, "aborted", how(task.await));
    log
}

async fn abort_before_it_began(_: Rig) -> Log {
    let log = Shared::default();
    let inside = Rc::clone(&log);
    let task = spawn(async move { say(&inside, "it ran") });
    task.abort();
    let result = how(task.await);
    note(&mut log.borrow_mut(), "aborted", result);
    log.take()
}

async fn abort_of_one_that_has_ended(_: Rig) -> Log {
    let task = spawn(async { 5 });
    settle().await;
    task.abort();
    let mut log = Log::new();
    note(&mut log, "output", how(task.await));
    log
}

async fn abort_twice(_: Rig) -> Log {
    let task = spawn(std::future::pending::<()>());
    task.abort();
    task.abort();
    let mut log = Log::new();
    note(&mut log, "aborted", how(task.await));
    log
}

async fn abort_drops_what_it_holds(_: Rig) -> Log {
    let log = Shared::default();
    let holds = [Says(Rc::clone(&log), "first"), Says(Rc::clone(&log), "second")];
    let task = spawn(async move {
        let [_first, _second] = holds;
        std::future::pending::<()>().await;
    });
    settle().await;
    task.abort();
    let result = how(task.await);
    note(&mut log.borrow_mut(), "aborted", result);
    log.take()
}

async fn a_panic_is_its_own(_: Rig) -> Log {
    let mut log = Log::new();
    note(&mut log, "panicked", how(spawn(async { explode() }).await));
    note(&mut log, "others live", how(spawn(async { 1 }).await));
    log
}

async fn a_panic_after_a_wait(_: Rig) -> Log {
    let task = spawn(async {
        settle().await;
        explode();
    });
    let mut log = Log::new();
    note(&mut log, "panicked", how(task.await));
    log
}

async fn a_panic_drops_what_it_holds(_: Rig) -> Log {
    let log = Shared::default();
    let holds = Says(Rc::clone(&log), "what it held");
    let task = spawn(async move {
        let _holds = holds;
        yield_now().await;
        explode();
    });
    let result = how(task.await);
    note(&mut log.borrow_mut(), "panicked", result);
    log.take()
}

async fn locals_are_dropped_in_reverse(_: Rig) -> Log {
    let log = Shared::default();
    let inside = Rc::clone(&log);
    let task = spawn(async move {
        let _a = Says(Rc::clone(&inside), "a");
        let _b = Says(Rc::clone(&inside), "b");
        yield_now().await;
        say(&inside, "ends");
        "output"
    });
    let result = how(task.await);
    note(&mut log.borrow_mut(), "joined", result);
    log.take()
}

async fn finished_or_not(_: Rig) -> Log {
    let task = spawn(settle());
    let mut log = Log::new();
    note(&mut log, "at once", task.is_finished());
    yield_now().await;
    note(&mut log, "soon", task.is_finished());
    settle().await;
    settle().await;
    note(&mut log, "later", task.is_finished());
    let endless = spawn(std::future::pending::<()>());
    endless.abort();
    settle().await;
    note(&mut log, "aborted", endless.is_finished());
    log
}

async fn children_outlive_parents(_: Rig) -> Log {
    let log = Shared::default();
    let inside = Rc::clone(&log);
    let parent = spawn(async move {
        let of_child = Rc::clone(&inside);
        drop(spawn(async move {
            settle().await;
            say(&of_child, "child");
        }));
        say(&inside, "parent");
    });
    parent.await.unwrap();
    settle().await;
    settle().await;
    log.take()
}

async fn yielding_lets_others_run(_: Rig) -> Log {
    let turns = Rc::new(RefCell::new([0; 2]));
    let tasks = [0, 1].map(|who| {
        let turns = Rc::clone(&turns);
        spawn(async move {
            for _ in 0..50 {
                turns.borrow_mut()[who] += 1;
                yield_now().await;
            }
        })
    });
    for task in tasks {
        task.await.unwrap();
    }
    let mut log = Log::new();
    note(&mut log, "turns", turns.borrow());
    log
}

async fn join_many(_: Rig) -> Log {
    let tasks: Vec<_> = (0..20_u64)
        .map(|n| {
            spawn(async move {
                sleep(Duration::from_millis(20 - n)).await;
                n * n
            })
        })
        .collect();
    let mut log = Log::new();
    for task in tasks {
        note(&mut log, "square", how(task.await));
    }
    log
}

async fn cancelled_by_drop(_: Rig) -> Log {
    let log = Shared::default();
    let holds = Says(Rc::clone(&log), "the future's");
    let future = async move {
        let _holds = holds;
        std::future::pending::<()>().await;
    };
    let late = timeout(SETTLE, future).await.is_err();
    note(&mut log.borrow_mut(), "late", late);
    log.take()
}

async fn a_task_aborts_another_that_waits_for_it(_: Rig) -> Log {
    let first = spawn(settle());
    let second = spawn(async move { how(first.await) });
    yield_now().await;
    second.abort();
    let mut log = Log::new();
    note(&mut log, "second", how(second.await));
    log
}
