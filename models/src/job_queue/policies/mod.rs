//! What keeps the queue alive under load and failures, one policy a file. Each can be taken out.
//!
//! | file | policy | protects |
//! |---|---|---|
//! | `retire` | lease expiry, dead letter, jobs past their deadline are shed | `INV_006` |
//! | `backoff` | exponential backoff with jitter | `INV_007` |
//! | `tokens` | retry budget: retries in proportion to what succeeds | `INV_007` |
//! | `breaker` | circuit breaker with a half-open probe | `INV_007` |
//! | `admission` | admission control: a bounded queue that says no | `INV_010` |
//! | `inbox` | bounded inbox, control before work | `INV_009`, `INV_010` |
//! | `heartbeat` | who is alive; a channel of their own for heartbeats and leases | `INV_009` |
//!
//! `guards` has their settings, `calls` puts those together that a caller needs.

mod admission;
mod backoff;
mod breaker;
mod calls;
mod guards;
mod heartbeat;
mod inbox;
mod retire;
mod surroundings;
mod tokens;

pub use backoff::Backoff;
pub use breaker::Breaker;
pub use guards::{Control, Guards, Heartbeats};
pub use surroundings::Surroundings;
pub use tokens::RetryBudget;

pub(super) use calls::Calls;
pub(super) use heartbeat::{Members, beat};
pub(super) use inbox::Inbox;
pub(super) use retire::SHED;
