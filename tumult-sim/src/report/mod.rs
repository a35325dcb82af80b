//! What people read of a run: pure functions of its recording and of what came of it.

mod event;
mod how;
mod page;
#[allow(dead_code, reason = "for whoever writes files beside a report")]
mod perfetto;
#[allow(dead_code, reason = "for whoever writes files beside a report")]
mod shiviz;
#[cfg(test)]
mod tests;
mod text;
mod words;

pub(crate) use event::{Scene, Seen};
pub(crate) use page::{PageData, RunData, page};
pub(crate) use text::FailureText;
