//! Native bodies: async closures on the run's own executor.

use std::any::Any;
use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::mem::Discriminant;
use std::pin::Pin;
use std::rc::Rc;

use crate::context::{BoxFuture, Factory};

/// What a life of a body gave: its output, or what its error says.
type Outcome = Result<Box<dyn Any>, String>;

/// A process's body. Any async closure is one, with any output; an output that is an `Err` fails the run.
pub trait Body<T>: 'static {
    /// Whether it keeps state in statics or may end its process: it gets one of its own under a search.
    #[doc(hidden)]
    fn is_hosted(&self) -> bool {
        false
    }

    /// What makes a life; `finished` gets what each life gives.
    #[doc(hidden)]
    fn into_factory(
        self,
        finished: impl Fn(Result<Box<dyn Any>, String>) + 'static,
    ) -> Rc<dyn Fn() -> Pin<Box<dyn Future<Output = ()>>>>;
}

impl<F, T> Body<T> for F
where
    F: AsyncFn() -> T + 'static,
    T: 'static,
{
    fn into_factory(self, finished: impl Fn(Outcome) + 'static) -> Factory {
        let body = Rc::new((self, finished));
        Rc::new(move || -> BoxFuture {
            let body = Rc::clone(&body);
            Box::pin(async move {
                let output = body.0().await;
                body.1(match error_of(&output) {
                    None => Ok(Box::new(output)),
                    Some(error) => Err(error),
                });
            })
        })
    }
}

/// What the error in `output` says, if `output` is a `Result` that is one.
///
/// A body's output may be of any type, so this cannot ask for a trait: it knows a `Result` by its type's name and an
/// `Err` by its discriminant, and shows the errors that are common in `main` functions.
pub(super) fn error_of<T: 'static>(output: &T) -> Option<String> {
    if !std::any::type_name::<T>().starts_with("core::result::Result<") {
        return None;
    }
    let mut number = Number(0);
    std::mem::discriminant(output).hash(&mut number);
    if number.0 == 0 {
        return None;
    }
    let any: &dyn Any = output;
    let shown = shown::<String>(any)
        .or_else(|| shown::<Box<dyn std::error::Error>>(any))
        .or_else(|| shown::<Box<dyn std::error::Error + Send + Sync>>(any))
        .or_else(|| shown::<std::io::Error>(any))
        .or_else(|| shown::<&'static str>(any))
        .or_else(|| shown::<crate::Error>(any));
    Some(shown.unwrap_or_else(|| format!("an Err of the type {}", std::any::type_name::<T>())))
}

fn shown<E: Debug + 'static>(output: &dyn Any) -> Option<String> {
    match output.downcast_ref::<Result<(), E>>()? {
        Ok(()) => None,
        Err(e) => Some(format!("{e:?}")),
    }
}

/// Takes the number that a discriminant hashes: `Ok` is 0, `Err` is 1.
struct Number(u64);

impl Hasher for Number {
    fn write(&mut self, bytes: &[u8]) {
        self.0 |= bytes.iter().fold(0, |all, b| all | u64::from(*b));
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

const _: fn() = || {
    fn hashes<T: Hash>() {}
    hashes::<Discriminant<Result<(), ()>>>();
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_from_an_output() {
        assert_eq!(error_of(&5_u64), None);
        assert_eq!(error_of(&Ok::<u64, String>(5)), None);
        assert_eq!(error_of(&Some(5)), None);
        assert_eq!(error_of(&Err::<(), String>("full".into())).unwrap(), "\"full\"");
        assert!(error_of(&Err::<u64, u8>(3)).unwrap().contains("Result<u64, u8>"));
        let io: Result<(), std::io::Error> = Err(std::io::ErrorKind::TimedOut.into());
        assert!(error_of(&io).unwrap().contains("TimedOut"));
    }

    #[test]
    fn an_error_without_room_for_a_discriminant_is_told_too() {
        assert!(error_of(&Err::<std::convert::Infallible, Box<u8>>(Box::new(1))).is_some());
        assert!(error_of(&Err::<Box<u8>, ()>(())).is_some());
        assert!(error_of(&Ok::<Box<u8>, ()>(Box::new(1))).is_none());
    }
}
