//! Services outside the system under test.

use super::{Process, Sim};
use crate::net::Stub;

impl Sim {
    /// A process that stands for a service outside the system under test: `"payments:443"` is its name and its port, of
    /// streams and of datagrams alike. See [`Stub`].
    ///
    /// # Panics
    /// When no port is given, or another process has the name.
    #[track_caller]
    pub fn stub(&mut self, at: &str, stub: Stub) -> Process {
        let parts = at.rsplit_once(':').and_then(|(name, port)| Some((name, port.parse::<u16>().ok()?)));
        let Some((name, port @ 1..)) = parts else {
            panic!("failed to declare the stub `{at}`: it has no port; write `name:port`, such as `payments:443`");
        };
        self.process(name, move || stub.clone().serve(port))
    }
}
