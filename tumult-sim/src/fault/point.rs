//! Named points in the code under test, which faults can wait for.

use crate::context::try_current;
use crate::task::yield_now;

/// The code has reached the point `name`. A fault that waits for it happens here, before the code behind it runs: a
/// pause stops the process at this very line, a kill ends it there.
///
/// It costs a line of the trace when nothing waits for it, and does not yield then; so naming a point changes no
/// schedule. Outside a simulation it does nothing, so it may stay in code that also runs for real.
///
/// ```
/// # async fn lease() {}
/// # async fn work() {}
/// # async fn worker() {
/// lease().await;
/// tumult_sim::fault::point("worker.leased").await;
/// work().await; // not reached while a fault `on point worker.leased` keeps the process paused
/// # }
/// ```
pub async fn point(name: &str) {
    let Some(run) = try_current() else { return };
    if run.is_inert() {
        return;
    }
    let waited_for = run.world.borrow_mut().point(name);
    if waited_for {
        // The executor attends to the fault before it polls any task again.
        yield_now().await;
    }
}
