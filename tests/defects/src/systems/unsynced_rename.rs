//! A setting is replaced by writing a new file, syncing it, and renaming it over the old one.

use tumult_sim::disk::{self, File};
use tumult_sim::net::rpc::Server;
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, Pace, call, connect};
use crate::storm::{POWER, PROCESS, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "unsynced_rename",
    what: "a file is renamed over another, and the directory is not synced before that is acknowledged",
    invariant: "INV_710",
    roles: &["settings", "client"],
    cause: Cause { plan: "f1 at 1s power-loss settings for 100ms", processes: 2, operations: 1 },
    storm: Storm {
        kinds: &[POWER, PROCESS],
        every_ms: 2_000,
        lasts_ms: (20, 500),
        horizon_ms: 4_000,
        spares: &["client"],
    },
    system,
};

/// The newest setting that was acknowledged, and an older one that was found.
#[derive(Default)]
struct Settings {
    acknowledged: u64,
    found: Option<u64>,
}

/// What is found after a crash is what was acknowledged, or newer.
#[invariant(id = "INV_710")]
fn acknowledged_settings_stay(settings: &Settings) -> Verdict {
    settings
        .found
        .map_or(Verdict::Holds, |n| violated!("{n} was found after {} was acknowledged", settings.acknowledged))
}

fn system(sim: &mut Sim, fixed: bool) {
    let settings = sim.observe("settings", Settings::default());
    sim.always(INV_710, &settings);
    sim.process("settings", move || keeper(settings.clone(), fixed));
    sim.primary("client", async || {
        let settings = connect::<u64, ()>("settings").await;
        let mut pace = Pace::start();
        for n in 1..=12 {
            pace.rest(100, 600).await;
            call(&settings, &n, 50).await;
        }
    });
}

async fn keeper(settings: Observed<Settings>, syncs_names: bool) -> std::io::Result<()> {
    let text = disk::read_to_string("/setting").await.unwrap_or_default();
    let found: u64 = text.parse().unwrap_or_default();
    settings.update(|settings| settings.found = (found < settings.acknowledged).then_some(found));
    let server = Server::<u64, ()>::bind(PORT).await?;
    loop {
        let (new, reply) = server.next().await?;
        let mut file = File::create("/setting.new").await?;
        file.write_all(new.to_string().as_bytes()).await?;
        file.sync_all().await?;
        disk::rename("/setting.new", "/setting").await?;
        if syncs_names {
            disk::sync_dir("/").await?;
        }
        settings.update(|settings| settings.acknowledged = new);
        reply.send(&())?;
    }
}
