//! Programs as they are, inside the simulation, through loss, partitions, kills, losses of power and restarts.

mod actors;
mod axum_reqwest;
mod common;
mod grpc;
mod http2;
mod multi_thread;
mod planted;
mod quic;
mod redis;
mod stores;
mod threads;
mod tls;
