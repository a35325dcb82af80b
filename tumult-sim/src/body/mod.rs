//! What a process runs: a factory that is called again at each restart.
//!
//! So far there is one kind of body, the native one: any async closure, `|| async { … }` or `async || …`.

mod native;

pub use native::Body;
