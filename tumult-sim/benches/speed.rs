//! The budget's workloads under divan: `cargo bench -p tumult-sim --bench speed [name]`. For the comparison with the
//! peers, see `scripts/bench.sh`.

use divan::Bencher;
use divan::counter::ItemsCount;

mod workloads;
use workloads::{BEATS, DEVICES, MESH_PACKETS, SLEEPERS, SLEEPS};

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 10)]
fn messages(bencher: Bencher<'_, '_>) {
    let packets = workloads::messages(1).packets();
    bencher.counter(ItemsCount::new(packets)).bench(|| workloads::messages(1));
}

#[divan::bench(sample_count = 10)]
fn messages_recorded(bencher: Bencher<'_, '_>) {
    let packets = workloads::messages_recorded(1).packets();
    bencher.counter(ItemsCount::new(packets)).bench(|| workloads::messages_recorded(1));
}

#[divan::bench(sample_count = 10)]
fn timers(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(SLEEPERS * SLEEPS)).bench(|| workloads::timers(1));
}

#[divan::bench(sample_count = 10)]
fn idle(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(DEVICES * BEATS)).bench(|| workloads::idle(1));
}

#[divan::bench(sample_count = 10, args = [1, 2])]
fn seeds(bencher: Bencher<'_, '_>, jobs: usize) {
    bencher.counter(ItemsCount::new(500_u64)).bench(|| workloads::seeds(500, jobs));
}

#[divan::bench(sample_count = 3, args = [16, 500])]
fn mesh(bencher: Bencher<'_, '_>, hosts: u32) {
    let events = workloads::mesh(1, hosts, MESH_PACKETS).events();
    bencher.counter(ItemsCount::new(events)).bench(|| workloads::mesh(1, hosts, MESH_PACKETS));
}
