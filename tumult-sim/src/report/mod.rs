//! What people read of a run: pure functions of its recording and of what came of it.

mod event;
mod how;
mod page;
mod perfetto;
mod shiviz;
#[cfg(test)]
mod tests;
mod text;
mod words;

pub(crate) use event::{Scene, Seen};
pub(crate) use page::{PageData, RunData, page};
pub(crate) use text::FailureText;
