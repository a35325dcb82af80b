//! A sensor sends its readings as datagrams, and a display shows the one that came last.

use serde::{Deserialize, Serialize};
use tumult_sim::net::Mailbox;
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, ends_after, rest};
use crate::storm::{NETWORK, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "reordered_updates",
    what: "of two datagrams the one that came later is taken for the newer one",
    invariant: "INV_716",
    roles: &["display", "sensor", "watch"],
    cause: Cause { plan: "f1 at 0ms reorder sensor <-> display 0.5 for 4s", processes: 2, operations: 2 },
    storm: Storm { kinds: &[NETWORK], every_ms: 1_500, lasts_ms: (20, 300), horizon_ms: 4_000, spares: &["watch"] },
    system,
};

#[derive(Serialize, Deserialize)]
struct Reading {
    number: u64,
    millicelsius: u32,
}

/// The number of the reading that is shown, and whether it went back.
#[derive(Default)]
struct Shown {
    number: u64,
    millicelsius: u32,
    back_to: Option<u64>,
}

/// What is shown never becomes older.
#[invariant(id = "INV_716")]
fn the_display_goes_forward(shown: &Shown) -> Verdict {
    shown.back_to.map_or(Verdict::Holds, |number| {
        violated!("reading {number} ({} m°C) was shown after {}", shown.millicelsius, shown.number)
    })
}

fn system(sim: &mut Sim, fixed: bool) {
    let shown = sim.observe("shown", Shown::default());
    sim.always(INV_716, &shown);
    sim.process("display", move || display(shown.clone(), fixed));
    sim.process("sensor", sensor);
    ends_after(sim, 5_000);
}

async fn sensor() -> std::io::Result<()> {
    let mailbox = Mailbox::<Reading>::bind(0).await?;
    for pair in 0..7 {
        rest(150, 1_000).await;
        for number in [2 * pair, 2 * pair + 1] {
            mailbox.send(("display", PORT), &Reading { number, millicelsius: 20_500 })?;
            rest(1, 4).await;
        }
    }
    Ok(())
}

async fn display(shown: Observed<Shown>, looks_at_numbers: bool) -> std::io::Result<()> {
    let mailbox = Mailbox::<Reading>::bind(PORT).await?;
    let mut newest = None;
    loop {
        let (reading, _) = mailbox.recv().await?;
        if looks_at_numbers && newest.is_some_and(|newest| reading.number <= newest) {
            continue;
        }
        newest = Some(reading.number);
        shown.update(|shown| {
            shown.back_to = (reading.number < shown.number).then_some(reading.number);
            shown.number = shown.number.max(reading.number);
            shown.millicelsius = reading.millicelsius;
        });
    }
}
