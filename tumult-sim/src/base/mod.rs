//! The ground floor: units, ids, seeds, keys and streams, effects, errors. Imports nothing of the crate.

mod choices;
mod disk_change;
mod effect;
mod error;
mod ids;
mod key;
mod name_change;
mod names;
mod probability;
mod seed;
mod signal;
mod time;
mod traffic;
mod zone;

pub use choices::Choices;
pub(crate) use choices::{Branch, Drawn, Fired, MessageName, Step};
pub use disk_change::{DiskChange, Latent};
pub use effect::{ClockChange, Effect, LinkChange, OverlayId, ProcessSet, Reach, RuleId};
pub use error::Error;
pub(crate) use error::{Kind, OrPanic};
pub use ids::{Incarnation, ProcessId};
pub use key::{Counter, Key, Stream};
pub(crate) use key::{scale as scale_draw, stable_hash, unit as unit_draw};
pub use name_change::{NameChange, NameFailure, NameId};
pub use names::Site;
pub use probability::Probability;
pub use seed::Seed;
pub use signal::Signal;
pub(crate) use time::nanos;
pub use time::{Bytes, Time};
pub use traffic::{Bandwidth, BurstLoss};
pub use zone::{Part, Zone};
