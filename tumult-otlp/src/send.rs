//! How a collector is spoken to: by gRPC, or by protobuf over HTTP.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use prost::Message;
use tokio::runtime::Runtime;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};

use crate::args::Protocol;
use crate::error::Error;

/// A collector.
#[derive(Debug)]
pub(crate) enum Collector {
    /// By gRPC.
    Grpc { endpoint: String, runtime: Runtime, channel: Channel },
    /// By HTTP.
    Http { endpoint: String, agent: ureq::Agent },
}

impl Collector {
    /// Gets ready. Nothing is sent yet, so a collector that is not there is found out by the first run.
    ///
    /// # Errors
    /// When the endpoint is no URL, or no runtime can be started.
    pub(crate) fn connect(endpoint: &str, protocol: Protocol, timeout: Duration) -> Result<Self, Error> {
        let wrong = |why: String| Error::new(format!("read the endpoint `{endpoint}`: {why}"));
        match protocol {
            Protocol::Http => {
                let agent = ureq::Agent::config_builder().timeout_global(Some(timeout)).build().into();
                Ok(Self::Http { endpoint: endpoint.to_owned(), agent })
            }
            Protocol::Grpc => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.map_err(|e| Error::new(format!("start a runtime: {e}")))?;
                let mut to = Endpoint::from_shared(endpoint.to_owned()).map_err(|e| wrong(e.to_string()))?;
                if endpoint.starts_with("https://") {
                    let tls = ClientTlsConfig::new().with_native_roots();
                    to = to.tls_config(tls).map_err(|e| wrong(e.to_string()))?;
                }
                // A channel is made by a task of its own.
                let channel = {
                    let _within = runtime.enter();
                    to.timeout(timeout).connect_timeout(timeout).connect_lazy()
                };
                Ok(Self::Grpc { endpoint: endpoint.to_owned(), runtime, channel })
            }
        }
    }

    /// Sends a run.
    ///
    /// # Errors
    /// When the collector cannot be reached, refuses, or takes only part of it, naming it.
    pub(crate) fn send(
        &mut self,
        spans: ExportTraceServiceRequest,
        metrics: Option<ExportMetricsServiceRequest>,
    ) -> Result<(), Error> {
        match self {
            Self::Http { endpoint, agent } => {
                post(agent, endpoint, "/v1/traces", &spans)?;
                metrics.map_or(Ok(()), |metrics| post(agent, endpoint, "/v1/metrics", &metrics))
            }
            Self::Grpc { endpoint, runtime, channel } => {
                let refused = |e: tonic::Status| Error::new(format!("send to {endpoint} by grpc: {}", told(&e)));
                let partly = |n: i64, why: &str| Error::new(format!("send to {endpoint} by grpc: {n} refused: {why}"));
                runtime.block_on(async {
                    let answer = TraceServiceClient::new(channel.clone()).export(spans).await.map_err(refused)?;
                    if let Some(part) = answer.into_inner().partial_success.filter(|p| p.rejected_spans > 0) {
                        return Err(partly(part.rejected_spans, &part.error_message));
                    }
                    let Some(metrics) = metrics else { return Ok(()) };
                    let answer = MetricsServiceClient::new(channel.clone()).export(metrics).await.map_err(refused)?;
                    match answer.into_inner().partial_success.filter(|p| p.rejected_data_points > 0) {
                        Some(part) => Err(partly(part.rejected_data_points, &part.error_message)),
                        None => Ok(()),
                    }
                })
            }
        }
    }
}

/// Code and message, and what lies below, such as "connection refused".
fn told(status: &tonic::Status) -> String {
    let below = std::iter::successors(std::error::Error::source(status), |error| error.source());
    let below: Vec<String> = below.map(ToString::to_string).collect();
    let said = format!("{}: {}", status.code(), status.message());
    if below.is_empty() { said } else { format!("{said} ({})", below.join(": ")) }
}

fn post(agent: &ureq::Agent, endpoint: &str, path: &str, message: &impl Message) -> Result<(), Error> {
    let url = format!("{endpoint}{path}");
    let sent = agent.post(&url).header("content-type", "application/x-protobuf").send(&message.encode_to_vec()[..]);
    sent.map(drop).map_err(|e| Error::new(format!("send to {url}: {e}")))
}
