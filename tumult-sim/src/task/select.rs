//! `select!`: the first of several futures, polled in a seeded order.

/// Where a `select!` of `n` branches starts to poll at this wake.
#[doc(hidden)]
#[track_caller]
pub fn start(n: u32, biased: bool) -> u32 {
    if biased {
        return 0;
    }
    crate::base::scale_draw(crate::context::with(|w| w.draw_for_wake(2)), u64::from(n)) as u32
}

/// Waits for the first of several futures and runs its branch; the others are dropped before that.
///
/// The order in which they are polled is a seeded choice at each wake, keyed by the task and its wake count: never a
/// static counter, as in other runtimes. `biased;` polls them in their order. Two to six branches.
///
/// ```
/// # use std::time::Duration;
/// # use tumult_sim::{Sim, select, time::sleep};
/// # let mut sim = Sim::new(1);
/// # sim.primary("p", || async {
/// let first = select! {
///     () = sleep(Duration::from_secs(2)) => "slow",
///     () = sleep(Duration::from_secs(1)) => "fast",
/// };
/// assert_eq!(first, "fast");
/// # });
/// # sim.run();
/// ```
#[macro_export]
macro_rules! select {
    (biased; $($rest:tt)*) => { $crate::__select!(true; $($rest)*) };
    ($($rest:tt)*) => { $crate::__select!(false; $($rest)*) };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __select {
    ($b:expr; $p0:pat = $f0:expr => $h0:expr, $p1:pat = $f1:expr => $h1:expr $(,)?) => {
        $crate::__select_n!($b, 2; (A 0 $p0, $f0, $h0) (B 1 $p1, $f1, $h1))
    };
    ($b:expr; $p0:pat = $f0:expr => $h0:expr, $p1:pat = $f1:expr => $h1:expr, $p2:pat = $f2:expr => $h2:expr $(,)?) => {
        $crate::__select_n!($b, 3; (A 0 $p0, $f0, $h0) (B 1 $p1, $f1, $h1) (C 2 $p2, $f2, $h2))
    };
    ($b:expr; $p0:pat = $f0:expr => $h0:expr, $p1:pat = $f1:expr => $h1:expr, $p2:pat = $f2:expr => $h2:expr,
        $p3:pat = $f3:expr => $h3:expr $(,)?) => {
        $crate::__select_n!($b, 4; (A 0 $p0, $f0, $h0) (B 1 $p1, $f1, $h1) (C 2 $p2, $f2, $h2) (D 3 $p3, $f3, $h3))
    };
    ($b:expr; $p0:pat = $f0:expr => $h0:expr, $p1:pat = $f1:expr => $h1:expr, $p2:pat = $f2:expr => $h2:expr,
        $p3:pat = $f3:expr => $h3:expr, $p4:pat = $f4:expr => $h4:expr $(,)?) => {
        $crate::__select_n!($b, 5; (A 0 $p0, $f0, $h0) (B 1 $p1, $f1, $h1) (C 2 $p2, $f2, $h2) (D 3 $p3, $f3, $h3)
            (E 4 $p4, $f4, $h4))
    };
    ($b:expr; $p0:pat = $f0:expr => $h0:expr, $p1:pat = $f1:expr => $h1:expr, $p2:pat = $f2:expr => $h2:expr,
        $p3:pat = $f3:expr => $h3:expr, $p4:pat = $f4:expr => $h4:expr, $p5:pat = $f5:expr => $h5:expr $(,)?) => {
        $crate::__select_n!($b, 6; (A 0 $p0, $f0, $h0) (B 1 $p1, $f1, $h1) (C 2 $p2, $f2, $h2) (D 3 $p3, $f3, $h3)
            (E 4 $p4, $f4, $h4) (F 5 $p5, $f5, $h5))
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __select_n {
    ($b:expr, $n:literal; $(($V:ident $i:literal $p:pat, $f:expr, $h:expr))+) => {{
        enum Out<$($V),+> { $($V($V)),+ }
        let out = {
            $(#[allow(non_snake_case)] let mut $V = ::core::pin::pin!($f);)+
            ::core::future::poll_fn(|cx| {
                let start = $crate::task::select_start($n, $b);
                for k in 0..$n {
                    match (start + k) % $n {
                        $($i => {
                            if let ::core::task::Poll::Ready(value) =
                                ::core::future::Future::poll(::core::pin::Pin::as_mut(&mut $V), cx)
                            {
                                return ::core::task::Poll::Ready(Out::$V(value));
                            }
                        })+
                        _ => ::core::unreachable!(),
                    }
                }
                ::core::task::Poll::Pending
            })
            .await
        };
        match out { $(Out::$V($p) => $h),+ }
    }};
}
