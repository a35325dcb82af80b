//! Whoever is told of a recorded run while it goes on, for the case that it never ends.

use std::fmt::Debug;

use super::Record;
use crate::base::Site;

/// Is told of everything that is recorded.
pub(crate) trait Echo: Debug + Send {
    /// A process was declared: the first one is number 0.
    fn process(&mut self, name: &str);
    /// An event happened.
    fn event(&mut self, record: Record<'_>);
    /// The last event spawned this task.
    fn spawned(&mut self, task: u32, name: &str, site: Site);
}
