//! Time and entropy as third-party crates get them, in a test binary of another crate: that these tests pass in debug and
//! in release shows that the linker keeps tumult-sim's definitions of libc's functions.

#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt::Debug;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rand010::RngExt as _;
use tumult_sim::__host_test::{ANSWERED, Hooks, enter, outside};

const _: () = assert!(ANSWERED, "the clocks and entropy of libc are not answered in this build");

thread_local! {
    static NOW_NS: Cell<u64> = const { Cell::new(0) };
    static STATE: Cell<u64> = const { Cell::new(0) };
    static DRAWS: Cell<u64> = const { Cell::new(0) };
}

static HOOKS: Hooks = Hooks::native(
    || NOW_NS.get(),
    || EPOCH_NS + NOW_NS.get().cast_signed(),
    |bytes| {
        DRAWS.set(DRAWS.get() + 1);
        bytes.fill_with(next_byte);
    },
    |ns, _| NOW_NS.set(NOW_NS.get() + ns),
);

const EPOCH_NS: i64 = 1_000_000_000_000_000_000;

/// A byte of splitmix64, which is small and good enough to tell streams apart.
fn next_byte() -> u8 {
    STATE.set(STATE.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
    let mixed = (STATE.get() ^ (STATE.get() >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed >> 56).to_le_bytes()[0]
}

/// Simulated code on a fresh thread, as each run has one.
fn run<R: Send + 'static>(seed: u64, body: fn() -> R) -> R {
    let run = move || {
        STATE.set(seed);
        let _guard = enter(&HOOKS);
        body()
    };
    thread::spawn(run).join().unwrap()
}

/// The same stream gives the same, another stream another; outside a simulation two draws differ.
fn both_ways<R: Send + PartialEq + Debug + 'static>(draw: fn() -> R) {
    let first = run(1, draw);
    assert_eq!(first, run(1, draw));
    assert_ne!(first, run(2, draw));
    let real = || thread::spawn(draw).join().unwrap();
    let (one, two) = (real(), real());
    assert_ne!(one, two);
    assert_ne!(one, first);
}

/// What the stream of a seed starts with.
fn stream<const N: usize>(seed: u64) -> [u8; N] {
    STATE.set(seed);
    std::array::from_fn(|_| next_byte())
}

#[test]
fn getrandom_0_2() {
    let draw = || {
        let mut bytes = [0_u8; 16];
        getrandom02::getrandom(&mut bytes).unwrap();
        bytes
    };
    both_ways(draw);
    assert_eq!(run(1, draw), stream(1));
}

#[test]
fn getrandom_0_3() {
    let draw = || {
        let mut bytes = [0_u8; 16];
        getrandom03::fill(&mut bytes).unwrap();
        bytes
    };
    both_ways(draw);
    assert_eq!(run(1, draw), stream(1));
}

#[test]
fn getrandom_0_4() {
    let draw = || {
        let mut bytes = [0_u8; 16];
        getrandom04::fill(&mut bytes).unwrap();
        bytes
    };
    both_ways(draw);
    assert_eq!(run(1, draw), stream(1));
}

#[test]
fn uuid_v4() {
    both_ways(|| *uuid::Uuid::new_v4().as_bytes());
}

#[test]
fn rand_0_9() {
    both_ways(|| rand09::Rng::random::<[u64; 4]>(&mut rand09::rng()));
}

#[test]
fn rand_0_10() {
    both_ways(|| rand010::rng().random::<[u64; 4]>());
}

#[test]
fn the_device() {
    let draw = || {
        let mut bytes = [0_u8; 16];
        File::open("/dev/urandom").unwrap().read_exact(&mut bytes).unwrap();
        bytes
    };
    both_ways(draw);
    assert_eq!(run(1, draw), stream(1));
}

#[test]
fn keys_and_order_of_hash_maps() {
    both_ways(|| RandomState::new().hash_one(0));
    both_ways(|| {
        let map: HashMap<u32, u32> = (0..64).map(|key| (key, key)).collect();
        map.into_keys().collect::<Vec<_>>()
    });
}

/// Later maps of a thread take the first one's keys, plus one each: no more is drawn.
#[test]
fn std_seeds_hash_maps_once_a_thread() {
    let draws = run(1, || {
        for _ in 0..10 {
            let _ = RandomState::new();
        }
        DRAWS.get()
    });
    assert_eq!(draws, 1);
}

/// A thread that had a map before the simulation keeps real keys: the reason why each run has a fresh thread.
#[test]
fn keys_from_before_the_simulation_stay() {
    let used = || {
        thread::spawn(|| {
            let _ = RandomState::new();
            STATE.set(1);
            let _guard = enter(&HOOKS);
            RandomState::new().hash_one(0)
        })
    };
    assert_ne!(used().join().unwrap(), used().join().unwrap());
}

/// The crates' probe whether the call is there, once in a program's life, asks for no bytes: no run may see it as a draw.
#[test]
fn every_run_draws_alike_whatever_ran_before() {
    let draws = || {
        let mut bytes = [0_u8; 4];
        getrandom02::getrandom(&mut bytes).unwrap();
        getrandom03::fill(&mut bytes).unwrap();
        getrandom04::fill(&mut bytes).unwrap();
        let _ = (uuid::Uuid::new_v4(), RandomState::new());
        DRAWS.get()
    };
    assert_eq!((run(1, draws), run(1, draws)), (5, 5));
}

#[test]
fn clocks() {
    let read = || {
        let (start, wall) = (Instant::now(), SystemTime::now());
        NOW_NS.set(NOW_NS.get() + 5);
        thread::sleep(Duration::from_secs(86_400));
        let wall_ns = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        (start.elapsed(), wall.elapsed().unwrap(), wall_ns)
    };
    let day = Duration::new(86_400, 5);
    assert_eq!(run(1, read), (day, day, u128::from(EPOCH_NS.cast_unsigned()) + day.as_nanos()));
}

/// No limit of time is asserted: the real clock goes on, so a wait for it ends.
#[test]
fn real_clocks_outside_and_within_outside() {
    let wait = || {
        let start = (Instant::now(), SystemTime::now());
        while start.0.elapsed().is_zero() || start.1.elapsed().is_ok_and(|waited| waited.is_zero()) {
            thread::yield_now();
        }
        start.1 > UNIX_EPOCH + Duration::from_nanos(EPOCH_NS.cast_unsigned())
    };
    assert!(wait());
    let waited = thread::spawn(move || {
        let _guard = enter(&HOOKS);
        outside(wait)
    });
    assert!(waited.join().unwrap());
}

/// Ten thousand reads at one instant are one time: what a spinning loop sees is the run's business, not the OS's.
#[test]
fn the_simulated_clock_stands_until_it_is_moved() {
    let times = run(1, || (0..10_000).map(|_| Instant::now()).collect::<Vec<_>>());
    assert!(times.windows(2).all(|two| two[0] == two[1]));
}
