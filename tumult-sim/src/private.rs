//! What macros expand to. No part of the interface.

pub use linkme;

pub use crate::invariant::__site::{CATALOGUE, FIRES, SiteInfo, SiteKind};
