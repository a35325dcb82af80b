//! Hosted bodies: unmodified programs on threads of their own.

use std::any::Any;
use std::pin::Pin;
use std::rc::Rc;

use super::Body;
use super::native::error_of;
use crate::base::OrPanic as _;
use crate::context::BoxFuture;
use crate::hosted;

/// Runs `main`, a plain function, as a process: unmodified code that uses std's threads, sockets, files and clocks, or a
/// runtime that it makes itself. The process ends when the function returns, and its other threads with it.
///
/// With the feature `hosting`, on Linux with glibc; elsewhere the declaration panics and says so.
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
        hosted::check().or_panic();
        let (body, environment) = (Rc::new((self.main, finished)), self.environment);
        Rc::new(move || -> BoxFuture {
            let body = Rc::clone(&body);
            let main = move || {
                let output = body.0();
                body.1(match error_of(&output) {
                    None => Ok(Box::new(output)),
                    Some(error) => Err(error),
                });
            };
            match hosted::start_main(Box::new(main), &environment) {
                Ok(turns) => Box::pin(turns),
                Err(number) => {
                    let error = std::io::Error::from_raw_os_error(number);
                    panic!("failed to start the main thread of a hosted process: {error}; lower TUMULT_JOBS")
                }
            }
        })
    }
}

/// Runs an async closure on a stock tokio runtime: unmodified async code. The runtime is a current-thread one with
/// everything enabled; for a multi-thread runtime write [`program`] and make it there.
///
/// As [`program`], on Linux with glibc.
#[cfg(feature = "tokio")]
pub fn tokio<F, T>(main: F) -> Program<impl Fn() -> T + 'static>
where
    F: AsyncFn() -> T + 'static,
    T: 'static,
{
    program(move || {
        let runtime = ::tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("failed to make a tokio runtime for the process");
        runtime.block_on(main())
    })
}
