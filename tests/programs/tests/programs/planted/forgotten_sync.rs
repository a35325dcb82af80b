//! A log of lines acknowledges what it has written and not synced: a loss of power takes it.

use std::fs::{File, OpenOptions, read, read_to_string};
use std::io::{self, Write as _};
use std::sync::Mutex;
use std::time::Duration;

use tumult_sim::Sim;
use tumult_sim::body::program;
use tumult_sim::fault::{FaultKind, Profile};

use super::{Lines, is_found, serve_lines};

struct Log {
    file: Mutex<File>,
    sync: bool,
}

fn is_whole(line: &[u8]) -> bool {
    line.split_last().is_some_and(|(end, number)| *end == b'\n' && number.iter().all(u8::is_ascii_digit))
}

fn serve(sync: bool) -> io::Result<()> {
    let file = OpenOptions::new().create(true).append(true).open("/log")?;
    // What was being written when the power went may be torn: it was not acknowledged.
    let bytes = read("/log")?;
    let whole =
        bytes.split_inclusive(|b| *b == b'\n').take_while(|line| is_whole(line)).map(<[u8]>::len).sum::<usize>();
    file.set_len(whole as u64)?;
    file.sync_all()?;
    File::open("/")?.sync_all()?;
    serve_lines(Log { file: Mutex::new(file), sync }, |log, line| {
        if line == "all" {
            return Ok(read_to_string("/log")?.replace('\n', " "));
        }
        let mut file = log.file.lock().expect("nobody panics");
        file.write_all(format!("{line}\n").as_bytes())?;
        if log.sync {
            file.sync_data()?;
        }
        Ok("kept".into())
    })
}

fn connect() -> Lines {
    Lines::connect().within(Duration::from_millis(500))
}

/// What was acknowledged is in the log, in its order.
fn ask() {
    let (mut kept, mut server) = (vec![], connect());
    for n in 0..20_u64 {
        match server.ask(&n.to_string()) {
            Ok(answer) => {
                assert_eq!(answer, "kept");
                kept.push(n.to_string());
            }
            Err(_) => server = connect(),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let all = loop {
        match server.ask("all") {
            Ok(all) => break all,
            Err(_) => server = connect(),
        }
    };
    let mut there = all.split(' ');
    assert!(kept.iter().all(|k| there.any(|t| t == k)), "acknowledged: {kept:?}, kept: {all}");
}

fn scenario(sim: &mut Sim, planted: bool) {
    sim.process("server", program(move || serve(!planted)));
    sim.primary("client", program(ask));
    let profile = Profile::none().weight(FaultKind::PowerLoss, 1).every(Duration::from_millis(500)).spare("client");
    sim.draw_faults(profile.lasting(Duration::from_millis(50), Duration::from_millis(200)), Duration::from_secs(1));
    sim.run();
}

#[test]
fn an_acknowledgement_before_the_sync_is_found() {
    is_found("forgotten sync", "acknowledged: ", scenario);
}
