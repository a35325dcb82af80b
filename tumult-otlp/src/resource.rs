//! Who says it: the resource and the scope of all that is sent.

use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;
use tumult_sim::journal::Stored;

use crate::attributes::text;

/// The system under test, and the machine that simulated it.
pub(crate) fn resource(run: &Stored) -> Resource {
    let target = run.journal.target.as_ref().unwrap_or(&run.journal.experiment_title);
    Resource {
        attributes: vec![text("service.name", target.clone()), text("host.name", run.run.host.clone())],
        ..Resource::default()
    }
}

/// This command.
pub(crate) fn scope() -> InstrumentationScope {
    InstrumentationScope {
        name: "tumult".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    }
}
