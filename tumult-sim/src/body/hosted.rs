//! Hosted bodies: unmodified programs on threads of their own.

use std::any::Any;
use std::pin::Pin;
use std::rc::Rc;

use super::Body;
use super::native::error_of;
use crate::context::{BoxFuture, Factory};

/// Runs `main`, a plain function, as a process: unmodified code that uses std's threads, sockets, files and clocks, or a
/// runtime that it makes itself. The process ends when the function returns, and its other threads with it.
///
/// On Linux with glibc alone; elsewhere the declaration panics and says so.
pub const fn program<F, T>(main: F) -> Program<F>
where
    F: Fn() -> T + 'static,
    T: 'static,
{
    Program { main, environment: Vec::new() }
}

/// A body made by [`program`].
#[derive(Clone, Debug)]
pub struct Program<F> {
    main: F,
    environment: Vec<(String, String)>,
}

impl<F> Program<F> {
    /// Sets a variable of the process's environment, which is its own: a few that are fixed, and these.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }
}

impl<F, T> Body<T> for Program<F>
where
    F: Fn() -> T + 'static,
    T: 'static,
{
    fn is_hosted(&self) -> bool {
        true
    }

    fn into_factory(
        self,
        finished: impl Fn(Result<Box<dyn Any>, String>) + 'static,
    ) -> Rc<dyn Fn() -> Pin<Box<dyn Future<Output = ()>>>> {
        hosted(self.main, self.environment, finished)
    }
}

/// Runs an async closure on a stock tokio runtime: unmodified async code. The runtime is a current-thread one with
/// everything enabled; for a multi-thread runtime write [`program`] and make it there.
///
/// As [`program`], on Linux with glibc alone.
#[cfg(feature = "tokio")]
pub const fn tokio<F, T>(main: F) -> Tokio<F>
where
    F: AsyncFn() -> T + 'static,
    T: 'static,
{
    Tokio { main, environment: Vec::new() }
}

/// A body made by [`tokio`].
#[cfg(feature = "tokio")]
#[derive(Clone, Debug)]
pub struct Tokio<F> {
    main: F,
    environment: Vec<(String, String)>,
}

#[cfg(feature = "tokio")]
impl<F> Tokio<F> {
    /// As [`Program::env`].
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }
}

#[cfg(feature = "tokio")]
impl<F, T> Body<T> for Tokio<F>
where
    F: AsyncFn() -> T + 'static,
    T: 'static,
{
    fn is_hosted(&self) -> bool {
        true
    }

    fn into_factory(
        self,
        finished: impl Fn(Result<Box<dyn Any>, String>) + 'static,
    ) -> Rc<dyn Fn() -> Pin<Box<dyn Future<Output = ()>>>> {
        let main = move || {
            let runtime = ::tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("failed to make a tokio runtime for the process");
            runtime.block_on((self.main)())
        };
        hosted(main, self.environment, finished)
    }
}

fn hosted<T: 'static>(
    main: impl Fn() -> T + 'static,
    environment: Vec<(String, String)>,
    finished: impl Fn(Result<Box<dyn Any>, String>) + 'static,
) -> Factory {
    let body = Rc::new((main, finished));
    let start = move || -> Box<dyn FnOnce()> {
        let body = Rc::clone(&body);
        Box::new(move || {
            let output = body.0();
            body.1(match error_of(&output) {
                None => Ok(Box::new(output)),
                Some(error) => Err(error),
            });
        })
    };
    factory(start, environment)
}

#[cfg(all(
    feature = "host",
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(target_feature = "crt-static"),
    not(miri)
))]
fn factory(start: impl Fn() -> Box<dyn FnOnce()> + 'static, environment: Vec<(String, String)>) -> Factory {
    use crate::base::OrPanic as _;
    use crate::hosted;

    hosted::check().or_panic();
    Rc::new(move || -> BoxFuture {
        match hosted::start_main(start(), &environment) {
            Ok(turns) => Box::pin(turns),
            Err(number) => {
                let error = std::io::Error::from_raw_os_error(number);
                panic!("failed to start the main thread of a hosted process: {error}; lower TUMULT_JOBS")
            }
        }
    })
}

#[cfg(not(all(
    feature = "host",
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(target_feature = "crt-static"),
    not(miri)
)))]
fn factory(_: impl Fn() -> Box<dyn FnOnce()> + 'static, _: Vec<(String, String)>) -> Factory {
    panic!(
        "failed to host a program: unmodified programs run on 64-bit Linux with glibc, linked dynamically, with the \
         feature `host` of tumult-sim; write a native body (an async closure) here"
    )
}
