//! What an idle process and a used link cost, in bytes the allocator gave: `cargo bench -p tumult-sim --bench memory`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tumult_sim::Sim;
use tumult_sim::net::UdpSocket;
use tumult_sim::time::sleep;

/// What is allocated now.
static LIVE: AtomicI64 = AtomicI64::new(0);

struct Counting;

// SAFETY: all is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as i64, Ordering::Relaxed);
        // SAFETY: as the caller's.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as i64, Ordering::Relaxed);
        // SAFETY: as the caller's.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn live() -> i64 {
    LIVE.load(Ordering::Relaxed)
}

/// An idle process with a socket that waits for a message, as most of a big system does.
fn idle_process() -> i64 {
    const PROCESSES: i64 = 2000;
    let before = live();
    let mut sim = Sim::new(1);
    for n in 0..PROCESSES {
        sim.process(&format!("p{n}"), || async {
            let socket = UdpSocket::bind("0.0.0.0:9").await.unwrap();
            socket.recv_datagram().await.unwrap();
        });
    }
    let watch = sim.primary("watch", || async {
        sleep(Duration::from_secs(1)).await;
        live()
    });
    let during = *sim.run().output::<i64>(watch).unwrap();
    (during - before) / PROCESSES
}

/// A link over which a packet went: all of 500 processes to all.
fn used_link() -> i64 {
    const HOSTS: i64 = 500;
    let mut sim = Sim::new(1);
    let body = || async {
        let socket = UdpSocket::bind("0.0.0.0:9").await.unwrap();
        let mut buffer = [0; 8];
        sleep(Duration::from_secs(1)).await;
        for to in 0..HOSTS as u32 {
            socket.send_to(&buffer, (std::net::Ipv4Addr::from((10 << 24) + to + 1), 9)).await.unwrap();
            socket.recv_from(&mut buffer).await.unwrap();
        }
    };
    sim.links().constant_latency(Duration::from_millis(1));
    for n in 0..HOSTS {
        sim.process(&format!("p{n}"), body);
    }
    let watch = sim.primary("watch", || async {
        sleep(Duration::from_millis(500)).await;
        let before = live();
        sleep(Duration::from_secs(10)).await;
        live() - before
    });
    *sim.run().output::<i64>(watch).unwrap() / (HOSTS * HOSTS)
}

fn main() {
    println!("tumult      idle process {:>8} B", idle_process());
    println!("tumult      used link    {:>8} B", used_link());
}
