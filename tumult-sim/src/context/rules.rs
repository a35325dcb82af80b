//! Rules on packets: closures of the user, asked while the world is not borrowed.

use std::rc::Rc;

use super::Run;
use crate::kernel::net::{Fate, PacketView, Verdict};

/// Asks the rules about every packet that waits for their verdict, and sends those on their way.
pub(crate) fn settle(run: &Run) {
    loop {
        let waiting = std::mem::take(&mut run.world.borrow_mut().core.out.judge);
        if waiting.is_empty() {
            return;
        }
        for packet in waiting {
            let (fate, rewritten) = judge(run, packet);
            let world = &mut *run.world.borrow_mut();
            if let Some(bytes) = rewritten {
                world.net.packets.get_mut(packet).bytes = bytes;
            }
            world.net.launch(&mut world.core, packet, fate);
        }
    }
}

/// What the rules make of a packet, and its new payload if one rewrote it.
#[cold]
fn judge(run: &Run, packet: u32) -> (Fate, Option<Vec<u8>>) {
    let rules: Vec<_> = {
        let (world, rules) = (run.world.borrow(), run.rules.borrow());
        let asked = rules.iter().filter(|r| r.named.is_none_or(|name| world.net.rules.is_on(name)));
        asked.map(|r| (r.named, Rc::clone(&r.rule))).collect()
    };
    // Copied out, as a rule may itself send.
    let (at, from, to, bytes, tcp) = {
        let world = run.world.borrow();
        let p = world.net.packets.get(packet);
        (
            world.now(),
            (p.from, p.from_port),
            (p.to, p.to_port),
            world.net.payload(packet).to_vec(),
            world.net.flags(packet),
        )
    };
    let (mut fate, mut rewritten) = (Fate::default(), None::<Vec<u8>>);
    for (named, rule) in rules {
        let bytes = rewritten.as_deref().unwrap_or(&bytes);
        let view = PacketView { from: from.0, from_port: from.1, to: to.0, to_port: to.1, bytes, tcp, at };
        let verdict = rule(&view);
        if let Some(name) = named.filter(|_| verdict != Verdict::Pass) {
            run.world.borrow_mut().net.rules.hit(name);
        }
        if let Some(bytes) = fate.decide(verdict) {
            rewritten = Some(bytes);
        }
    }
    if tcp.is_some()
        && let Some(new) = rewritten.as_ref().filter(|new| new.len() != bytes.len())
    {
        panic!(
            "failed to rewrite a segment of {} bytes to {}: a stream keeps its length; give as many bytes as there were",
            bytes.len(),
            new.len()
        );
    }
    (fate, rewritten)
}
