//! What `README.md` shows, run. `tidy` compares the two.

use std::time::Duration;
use tumult_sim::{Sim, fault::Fault, net::rpc};

#[tumult_sim::test(seeds = 200)]
fn an_answer_comes_although_the_server_crashes(sim: &mut Sim) {
    let server = sim.process("server", || async {
        let server = rpc::Server::<u64, u64>::bind(80).await?;
        server.serve(|n, _from| async move { 2 * n }).await
    });
    let client = sim.primary("client", || async {
        let server = rpc::Client::<u64, u64>::connect("server:80").await.unwrap();
        loop {
            if let Ok(answer) = server.call(&21, Duration::from_millis(100)).await {
                return answer;
            }
        }
    });
    sim.link(client, server).loss(0.1);
    sim.at(Duration::ZERO, Fault::kill(server).lasting(Duration::from_millis(300)));
    assert_eq!(sim.run().output::<u64>(client), Some(&42));
}
