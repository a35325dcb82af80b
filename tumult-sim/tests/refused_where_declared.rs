//! A value out of its range is refused at the line that wrote it. In a file of its own: the panic hook is global.

use std::panic;
use std::sync::{Arc, Mutex};

use tumult_sim::phase::Estimate;

/// Where `f` panics.
fn panics_at(f: fn()) -> (String, u32) {
    let site = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&site);
    let old = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        *seen.lock().unwrap() = info.location().map(|l| (l.file().to_owned(), l.line()));
    }));
    let refused = panic::catch_unwind(f);
    panic::set_hook(old);
    assert!(refused.is_err());
    site.lock().unwrap().take().unwrap()
}

#[test]
fn estimates_are_refused_at_the_callers_line() {
    let here = (file!().to_owned(), line!());
    let sites = [
        panics_at(|| drop(Estimate::degraded().confidence(80.0))),
        panics_at(|| drop(Estimate::degraded().degradation(-0.1))),
        panics_at(|| drop(Estimate::degraded().recovery_s(-1.0))),
    ];
    assert_eq!(sites, [2, 3, 4].map(|n| (here.0.clone(), here.1 + n)));
}
