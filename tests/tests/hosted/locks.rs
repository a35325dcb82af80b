//! glibc's own primitives, as C libraries use them: the same inside the simulation and on the real system.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;
use std::time::Duration;

use libc::{c_int, timespec};

use super::threads::alone;

/// Memory of a C library, shared by its threads.
struct Shared<T>(UnsafeCell<MaybeUninit<T>>);
// SAFETY: what is in it is used by C functions that threads may call at once.
unsafe impl<T> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    fn new() -> Arc<Self> {
        Arc::new(Self(UnsafeCell::new(MaybeUninit::zeroed())))
    }
    fn at(&self) -> *mut T {
        self.0.get().cast()
    }
}

/// Runs on the real system and inside, with several seeds.
fn both<T: Clone + PartialEq + std::fmt::Debug + 'static>(body: fn() -> T) -> T {
    let real = thread::spawn(move || Wrapped(body())).join().unwrap().0;
    for seed in 0..20 {
        assert_eq!(alone(seed, body).0, real, "seed {seed}");
    }
    assert_eq!(alone(7, body).1, alone(7, body).1);
    real
}

struct Wrapped<T>(T);
// SAFETY: it is given from a thread that has ended.
unsafe impl<T> Send for Wrapped<T> {}

fn in_ms(clock: c_int, ms: i64) -> timespec {
    let mut now = timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: it can be written.
    unsafe { libc::clock_gettime(clock, &raw mut now) };
    let ns = now.tv_sec * 1_000_000_000 + now.tv_nsec + ms * 1_000_000;
    timespec { tv_sec: ns / 1_000_000_000, tv_nsec: ns % 1_000_000_000 }
}

fn mutex(kind: c_int) -> Arc<Shared<libc::pthread_mutex_t>> {
    let mutex = Shared::new();
    // SAFETY: fresh memory for each.
    unsafe {
        let mut attributes = MaybeUninit::uninit();
        libc::pthread_mutexattr_init(attributes.as_mut_ptr());
        libc::pthread_mutexattr_settype(attributes.as_mut_ptr(), kind);
        assert_eq!(libc::pthread_mutex_init(mutex.at(), attributes.as_ptr()), 0);
    }
    mutex
}

#[test]
fn a_mutex_excludes() {
    let sum = both(|| {
        let (lock, count) = (mutex(libc::PTHREAD_MUTEX_NORMAL), Arc::new(AtomicI32::new(0)));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (lock, count) = (Arc::clone(&lock), Arc::clone(&count));
                thread::spawn(move || {
                    for _ in 0..10 {
                        // SAFETY: it was initialised.
                        unsafe { libc::pthread_mutex_lock(lock.at()) };
                        let before = count.load(Ordering::Relaxed);
                        thread::yield_now();
                        count.store(before + 1, Ordering::Relaxed);
                        // SAFETY: this thread holds it.
                        unsafe { libc::pthread_mutex_unlock(lock.at()) };
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
        count.load(Ordering::Relaxed)
    });
    assert_eq!(sum, 40);
}

#[test]
fn without_a_mutex_counts_are_lost() {
    let lost = |seed| {
        let run = || {
            let count = Arc::new(AtomicI32::new(0));
            let other = Arc::clone(&count);
            let add = move |count: &AtomicI32| {
                for _ in 0..10 {
                    let before = count.load(Ordering::Relaxed);
                    thread::yield_now();
                    count.store(before + 1, Ordering::Relaxed);
                }
            };
            let t = thread::spawn(move || add(&other));
            add(&count);
            t.join().unwrap();
            count.load(Ordering::Relaxed)
        };
        alone(seed, run).0 < 20
    };
    assert!((0..20).any(lost));
}

#[test]
fn kinds_of_mutexes_are_as_glibc_has_them() {
    let results = both(|| {
        // SAFETY: initialised, and freed by who holds it.
        let twice = |kind| unsafe {
            let lock = mutex(kind);
            let other = Arc::clone(&lock);
            let mut got = vec![libc::pthread_mutex_lock(lock.at())];
            if kind != libc::PTHREAD_MUTEX_NORMAL {
                got.push(libc::pthread_mutex_lock(lock.at()));
            }
            got.push(thread::spawn(move || libc::pthread_mutex_trylock(other.at())).join().unwrap());
            got.push(libc::pthread_mutex_unlock(lock.at()));
            if kind != libc::PTHREAD_MUTEX_NORMAL {
                got.push(libc::pthread_mutex_unlock(lock.at()));
            }
            got
        };
        [libc::PTHREAD_MUTEX_NORMAL, libc::PTHREAD_MUTEX_RECURSIVE, libc::PTHREAD_MUTEX_ERRORCHECK].map(twice)
    });
    assert_eq!(results[0], [0, libc::EBUSY, 0]);
    assert_eq!(results[1], [0, 0, libc::EBUSY, 0, 0]);
    assert_eq!(results[2], [0, libc::EDEADLK, libc::EBUSY, 0, libc::EPERM]);
}

#[test]
fn a_timed_lock_waits_until_its_time_and_not_longer() {
    let results = both(|| {
        let lock = mutex(libc::PTHREAD_MUTEX_NORMAL);
        // SAFETY: as above.
        unsafe { libc::pthread_mutex_lock(lock.at()) };
        let other = Arc::clone(&lock);
        let t = thread::spawn(move || {
            let until = in_ms(libc::CLOCK_REALTIME, 20);
            // SAFETY: as above.
            let first = unsafe { libc::pthread_mutex_timedlock(other.at(), &raw const until) };
            let until = in_ms(libc::CLOCK_REALTIME, 60_000);
            // SAFETY: as above.
            (first, unsafe { libc::pthread_mutex_timedlock(other.at(), &raw const until) })
        });
        thread::sleep(Duration::from_millis(60));
        // SAFETY: this thread holds it.
        unsafe { libc::pthread_mutex_unlock(lock.at()) };
        t.join().unwrap()
    });
    assert_eq!(results, (libc::ETIMEDOUT, 0));
}

#[test]
fn conditions_wake_one_or_all_and_go_by_their_clock() {
    let results = both(|| {
        let (lock, condition, woken) = (mutex(libc::PTHREAD_MUTEX_NORMAL), Shared::new(), Arc::new(AtomicI32::new(0)));
        // SAFETY: fresh memory for each.
        unsafe {
            let mut attributes = MaybeUninit::uninit();
            libc::pthread_condattr_init(attributes.as_mut_ptr());
            libc::pthread_condattr_setclock(attributes.as_mut_ptr(), libc::CLOCK_MONOTONIC);
            libc::pthread_cond_init(condition.at(), attributes.as_ptr());
        }
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let (lock, condition, woken) = (Arc::clone(&lock), Arc::clone(&condition), Arc::clone(&woken));
                // SAFETY: both were initialised; the mutex is held at the wait.
                thread::spawn(move || unsafe {
                    libc::pthread_mutex_lock(lock.at());
                    libc::pthread_cond_wait(condition.at(), lock.at());
                    woken.fetch_add(1, Ordering::Relaxed);
                    libc::pthread_mutex_unlock(lock.at())
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(50));
        // SAFETY: as above.
        unsafe { libc::pthread_cond_signal(condition.at()) };
        thread::sleep(Duration::from_millis(50));
        let one = woken.load(Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { libc::pthread_cond_broadcast(condition.at()) };
        threads.into_iter().for_each(|t| drop(t.join()));
        let until = in_ms(libc::CLOCK_MONOTONIC, 20);
        // SAFETY: as above.
        let late = unsafe {
            libc::pthread_mutex_lock(lock.at());
            let late = libc::pthread_cond_timedwait(condition.at(), lock.at(), &raw const until);
            libc::pthread_mutex_unlock(lock.at());
            late
        };
        (one, woken.load(Ordering::Relaxed), late)
    });
    assert_eq!(results, (1, 3, libc::ETIMEDOUT));
}

#[test]
fn readers_share_and_writers_exclude() {
    let results = both(|| {
        let lock = Shared::<libc::pthread_rwlock_t>::new();
        let try_all = |lock: &Arc<Shared<libc::pthread_rwlock_t>>| {
            let lock = Arc::clone(lock);
            // SAFETY: zeros are a lock that nobody holds.
            let take = move || unsafe {
                let read = libc::pthread_rwlock_tryrdlock(lock.at());
                if read == 0 {
                    libc::pthread_rwlock_unlock(lock.at());
                }
                (read, libc::pthread_rwlock_trywrlock(lock.at()))
            };
            thread::spawn(take).join().unwrap()
        };
        // SAFETY: as above.
        unsafe { libc::pthread_rwlock_rdlock(lock.at()) };
        let while_read = try_all(&lock);
        // SAFETY: as above.
        unsafe {
            libc::pthread_rwlock_unlock(lock.at());
            libc::pthread_rwlock_wrlock(lock.at());
        }
        let while_written = try_all(&lock);
        // SAFETY: as above.
        let again = unsafe { libc::pthread_rwlock_wrlock(lock.at()) };
        let waiting = Arc::clone(&lock);
        // SAFETY: as above.
        let t = thread::spawn(move || unsafe { libc::pthread_rwlock_rdlock(waiting.at()) });
        thread::sleep(Duration::from_millis(30));
        // SAFETY: as above.
        unsafe { libc::pthread_rwlock_unlock(lock.at()) };
        (while_read, while_written, again, t.join().unwrap())
    });
    assert_eq!(results, ((0, libc::EBUSY), (libc::EBUSY, libc::EBUSY), libc::EDEADLK, 0));
}

static ONCE: std::sync::Mutex<Option<Once>> = std::sync::Mutex::new(None);
#[derive(Clone, Copy)]
struct Once(*mut libc::pthread_once_t);
// SAFETY: C functions use what it points to, and may from any thread.
unsafe impl Send for Once {}
static CALLED: AtomicI32 = AtomicI32::new(0);

extern "C" fn slowly() {
    thread::sleep(Duration::from_millis(5));
    CALLED.fetch_add(1, Ordering::Relaxed);
}

unsafe extern "C" {
    fn pthread_once(once: *mut libc::pthread_once_t, routine: extern "C" fn()) -> c_int;
}

#[test]
fn once_is_once() {
    for inside in [true, false, true] {
        let body = || {
            CALLED.store(0, Ordering::Relaxed);
            *ONCE.lock().unwrap() = Some(Once(Box::leak(Box::new(libc::PTHREAD_ONCE_INIT))));
            let call = || {
                let once = ONCE.lock().unwrap().unwrap();
                // SAFETY: it was initialised.
                let result = unsafe { pthread_once(once.0, slowly) };
                (result, CALLED.load(Ordering::Relaxed))
            };
            let threads: Vec<_> = (0..3).map(|_| thread::spawn(call)).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect::<Vec<_>>()
        };
        let got = if inside { alone(3, body).0 } else { body() };
        assert_eq!(got, [(0, 1); 3]);
    }
}

#[test]
fn the_last_at_a_barrier_is_told_so() {
    let results = both(|| {
        let barrier = Shared::<libc::pthread_barrier_t>::new();
        // SAFETY: fresh memory.
        unsafe { libc::pthread_barrier_init(barrier.at(), std::ptr::null(), 3) };
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let barrier = Arc::clone(&barrier);
                // SAFETY: it was initialised.
                thread::spawn(move || (0..2).map(|_| unsafe { libc::pthread_barrier_wait(barrier.at()) }).sum::<i32>())
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).sum::<i32>()
    });
    assert_eq!(results, 2 * libc::PTHREAD_BARRIER_SERIAL_THREAD);
}

#[test]
fn semaphores_count() {
    let results = both(|| {
        let semaphore = Shared::<libc::sem_t>::new();
        // SAFETY: fresh memory.
        unsafe { libc::sem_init(semaphore.at(), 0, 1) };
        // SAFETY: it was initialised; std's errno is this thread's.
        let call = |f: unsafe extern "C" fn(*mut libc::sem_t) -> c_int| match unsafe { f(semaphore.at()) } {
            0 => 0,
            _ => std::io::Error::last_os_error().raw_os_error().unwrap(),
        };
        let (one, two) = (call(libc::sem_wait), call(libc::sem_trywait));
        let other = Arc::clone(&semaphore);
        let t = thread::spawn(move || {
            thread::sleep(Duration::from_millis(30));
            // SAFETY: as above.
            unsafe { libc::sem_post(other.at()) }
        });
        let until = in_ms(libc::CLOCK_REALTIME, 5);
        // SAFETY: as above.
        let late = unsafe { libc::sem_timedwait(semaphore.at(), &raw const until) };
        let three = call(libc::sem_wait);
        t.join().unwrap();
        (one, two, late, three)
    });
    assert_eq!(results, (0, libc::EAGAIN, -1, 0));
}

#[test]
fn spin_locks_wait_without_spinning() {
    let result = both(|| {
        let lock = Shared::<libc::pthread_spinlock_t>::new();
        // SAFETY: fresh memory.
        unsafe { libc::pthread_spin_init(lock.at(), 0) };
        // SAFETY: it was initialised.
        unsafe { libc::pthread_spin_lock(lock.at()) };
        let other = Arc::clone(&lock);
        // SAFETY: as above.
        let t = thread::spawn(move || unsafe { libc::pthread_spin_lock(other.at()) });
        thread::sleep(Duration::from_millis(10));
        // SAFETY: as above.
        unsafe { libc::pthread_spin_unlock(lock.at()) };
        t.join().unwrap()
    });
    assert_eq!(result, 0);
}

#[test]
fn threads_have_the_names_that_they_were_given() {
    let names = both(|| {
        let name = || {
            let mut name = [0_u8; 16];
            // SAFETY: so many can be written.
            unsafe { libc::pthread_getname_np(libc::pthread_self(), name.as_mut_ptr().cast(), 16) };
            String::from_utf8(name.split(|b| *b == 0).next().unwrap().to_vec()).unwrap()
        };
        thread::Builder::new().name("worker".into()).spawn(name).unwrap().join().unwrap()
    });
    assert_eq!(names, "worker");
}
