//! Statics, thread-locals, the order of maps, addresses.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::Seen;

pub(super) fn thread_locals(seen: &mut Seen) {
    thread_local!(static COUNT: Cell<u64> = const { Cell::new(0) });
    COUNT.set(COUNT.get() + 1);
    seen.note("main thread", (COUNT.get(), thread::current().id()));
    for _ in 0..3 {
        let of_thread = || (COUNT.replace(COUNT.get() + 1), thread::current().id());
        seen.note("a thread", thread::spawn(of_thread).join().unwrap());
    }
}

static BUILT: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(7));
static COUNT: AtomicU64 = AtomicU64::new(0);

pub(super) fn statics(seen: &mut Seen) {
    seen.note("counter", COUNT.fetch_add(1, Ordering::Relaxed));
    seen.note("built once", *BUILT);
    // SAFETY: it has no precondition.
    seen.note("generator of C", unsafe { [libc::rand(), libc::rand()] });
}

pub(super) fn order_of_maps(seen: &mut Seen) {
    let order = || {
        let set: HashSet<u32> = (0..20).collect();
        let map: HashMap<String, u32> = (0..20).map(|n| (n.to_string(), n)).collect();
        (set.into_iter().collect::<Vec<_>>(), map.into_values().collect::<Vec<_>>())
    };
    seen.note("main thread", order());
    seen.note("a thread", thread::spawn(order).join().unwrap());
}

/// What can be told of a place.
fn at<T: ?Sized>(place: &T) -> usize {
    std::ptr::from_ref(place).cast::<u8>().addr()
}

fn addresses_of_thread() -> Vec<usize> {
    thread_local!(static LOCAL: Cell<u8> = const { Cell::new(0) });
    let small: Vec<Box<u64>> = (0..8).map(Box::new).collect();
    let large = vec![0_u8; 4 << 20];
    let on_stack = std::hint::black_box(0_u8);
    // SAFETY: it has no precondition.
    let itself = unsafe { libc::pthread_self() } as usize;
    let mut all: Vec<usize> = small.iter().map(|b| at(&**b)).collect();
    all.extend([at(&large[..]), at(&on_stack), LOCAL.with(at), itself]);
    all
}

pub(super) fn addresses(seen: &mut Seen) {
    seen.note(
        "code and statics",
        (addresses as fn(&mut Seen) as usize, at(&COUNT), libc::malloc as *const () as usize),
    );
    seen.note("main thread", addresses_of_thread());
    for _ in 0..3 {
        seen.note("a thread", thread::spawn(addresses_of_thread).join().unwrap());
    }
    seen.note("main thread again", addresses_of_thread());
}

/// The words of the auxiliary vector that are not the processor's.
pub(super) fn auxiliary_vector(seen: &mut Seen) {
    // SAFETY: it has no precondition, and the sixteen bytes are there.
    unsafe {
        let random = libc::getauxval(libc::AT_RANDOM) as *const [u8; 16];
        seen.note("random", random.read());
        for kind in [libc::AT_UID, libc::AT_GID, libc::AT_SECURE, libc::AT_PAGESZ, libc::AT_CLKTCK] {
            seen.note(kind, libc::getauxval(kind));
        }
    }
}

pub(super) fn order_of_threads(seen: &mut Seen) {
    seen.note("order", crate::threads::order());
}
