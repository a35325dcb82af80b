//! A receiver of OTLP for the tests: prints its port, then a line of JSON for each request that it takes.
//!
//! `receiver grpc` and `receiver http`. It is the protocol's own server code, and knows nothing of this package.

use std::io::Write as _;

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use prost::Message;
use tokio::net::TcpListener;
use tonic::{Request, Response, Status};

struct Receiver;

/// Prints what came; whoever reads it has it at once.
fn print(path: &str, request: &impl serde::Serialize) {
    let line = serde_json::to_string(&(path, request)).expect("a message is JSON");
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("somebody reads");
}

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        print("/v1/traces", request.get_ref());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Receiver {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        print("/v1/metrics", request.get_ref());
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

/// Takes a message that came by HTTP.
fn take<M: Message + Default + serde::Serialize>(path: &str, body: &Bytes) -> StatusCode {
    match M::decode(&body[..]) {
        Ok(message) => {
            print(path, &message);
            StatusCode::OK
        }
        Err(_) => StatusCode::BAD_REQUEST,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a port");
    println!("{}", listener.local_addr().expect("it is bound").port());
    if std::env::args().nth(1).as_deref() == Some("http") {
        let traces = post(async |body: Bytes| take::<ExportTraceServiceRequest>("/v1/traces", &body));
        let metrics = post(async |body: Bytes| take::<ExportMetricsServiceRequest>("/v1/metrics", &body));
        let router = axum::Router::new().route("/v1/traces", traces).route("/v1/metrics", metrics);
        axum::serve(listener, router).await.expect("it serves until it is killed");
    } else {
        let incoming = tonic::transport::server::TcpIncoming::from(listener);
        tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(Receiver))
            .add_service(MetricsServiceServer::new(Receiver))
            .serve_with_incoming(incoming)
            .await
            .expect("it serves until it is killed");
    }
}
