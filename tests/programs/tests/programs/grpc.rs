//! tonic: one answer to one question, a stream of answers, and a stream each way.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio_stream::{Stream, StreamExt as _};
use tonic::codegen::{BoxFuture, Service, http};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tumult_sim::body::tokio;
use tumult_sim::{Sim, sometimes};

use crate::common::{ASKED, PATIENCE, PAUSE, between, until_answered};

#[derive(Clone, PartialEq, prost::Message)]
struct Number {
    #[prost(uint64, tag = "1")]
    n: u64,
    #[prost(string, tag = "2")]
    text: String,
}

impl Number {
    fn of(n: u64) -> Self {
        Self { n, text: format!("{n:0>300}") }
    }
}

type Numbers = Pin<Box<dyn Stream<Item = Result<Number, Status>> + Send>>;

/// The service `sums.Sums`, as a generator would have written it for a file of three methods.
#[derive(Clone)]
struct Sums;

impl tonic::server::NamedService for Sums {
    const NAME: &'static str = "sums.Sums";
}

struct Square;

impl tonic::server::UnaryService<Number> for Square {
    type Response = Number;
    type Future = BoxFuture<Response<Number>, Status>;

    fn call(&mut self, request: Request<Number>) -> Self::Future {
        let n = request.into_inner().n;
        Box::pin(async move { Ok(Response::new(Number::of(n * n))) })
    }
}

struct Count;

impl tonic::server::ServerStreamingService<Number> for Count {
    type Response = Number;
    type ResponseStream = Numbers;
    type Future = BoxFuture<Response<Numbers>, Status>;

    fn call(&mut self, request: Request<Number>) -> Self::Future {
        let numbers = tokio_stream::iter(1..=request.into_inner().n)
            .throttle(Duration::from_millis(2))
            .map(|n| Ok(Number::of(n)));
        Box::pin(async move { Ok(Response::new(Box::pin(numbers) as Numbers)) })
    }
}

struct Sum;

impl tonic::server::StreamingService<Number> for Sum {
    type Response = Number;
    type ResponseStream = Numbers;
    type Future = BoxFuture<Response<Numbers>, Status>;

    fn call(&mut self, request: Request<Streaming<Number>>) -> Self::Future {
        let mut sum = 0;
        let sums = request.into_inner().map(move |number| {
            sum += number?.n;
            Ok(Number::of(sum))
        });
        Box::pin(async move { Ok(Response::new(Box::pin(sums) as Numbers)) })
    }
}

impl Service<http::Request<tonic::body::Body>> for Sums {
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(ProstCodec::default());
            Ok(match request.uri().path() {
                "/sums.Sums/Square" => grpc.unary(Square, request).await,
                "/sums.Sums/Count" => grpc.server_streaming(Count, request).await,
                "/sums.Sums/Sum" => grpc.streaming(Sum, request).await,
                other => Status::unimplemented(other.to_owned()).into_http(),
            })
        })
    }
}

async fn serve() -> Result<(), tonic::transport::Error> {
    let at = "0.0.0.0:50051".parse().expect("an address");
    tonic::transport::Server::builder().add_service(Sums).serve(at).await
}

/// The client, as a generator would have written it.
struct Client(tonic::client::Grpc<Channel>);

impl Client {
    async fn ready(&mut self, method: &str) -> Result<http::uri::PathAndQuery, Status> {
        self.0.ready().await.map_err(|e| Status::unavailable(e.to_string()))?;
        Ok(format!("/sums.Sums/{method}").parse().expect("a path"))
    }

    async fn square(&mut self, n: u64) -> Result<u64, Status> {
        let path = self.ready("Square").await?;
        let answer = self.0.unary(Request::new(Number::of(n)), path, ProstCodec::<Number, Number>::default()).await?;
        Ok(answer.into_inner().n)
    }

    async fn count(&mut self, n: u64) -> Result<Vec<u64>, Status> {
        let path = self.ready("Count").await?;
        let codec = ProstCodec::<Number, Number>::default();
        all(self.0.server_streaming(Request::new(Number::of(n)), path, codec).await?).await
    }

    async fn sum(&mut self, n: u64) -> Result<Vec<u64>, Status> {
        let path = self.ready("Sum").await?;
        let numbers = tokio_stream::iter((1..=n).map(Number::of));
        all(self.0.streaming(Request::new(numbers), path, ProstCodec::<Number, Number>::default()).await?).await
    }
}

async fn all(answer: Response<Streaming<Number>>) -> Result<Vec<u64>, Status> {
    answer.into_inner().map(|number| Ok(number?.n)).collect().await
}

async fn ask() -> u64 {
    let endpoint = Endpoint::from_static("http://server:50051").connect_timeout(PATIENCE).timeout(PATIENCE);
    let endpoint = endpoint.http2_keep_alive_interval(PATIENCE / 2).keep_alive_timeout(PATIENCE / 2);
    let mut client = Client(tonic::client::Grpc::new(endpoint.connect_lazy()));
    let mut felt = 0;
    for n in 0..ASKED {
        let ((square, count, sums), failed) = until_answered(async || {
            Ok::<_, Status>((client.square(n).await?, client.count(n).await?, client.sum(n).await?))
        })
        .await;
        assert_eq!(square, n * n);
        assert_eq!(count, (1..=n).collect::<Vec<_>>());
        assert_eq!(sums, (1..=n).map(|n| n * (n + 1) / 2).collect::<Vec<_>>());
        sometimes!("tonic: a call was made again", failed > 0);
        felt += failed;
        ::tokio::time::sleep(PAUSE).await;
    }
    felt
}

#[tumult_sim::test(seeds = 10, checked)]
fn tonic_calls_and_streams(sim: &mut Sim) {
    between(sim, tokio(serve), tokio(ask));
}
