//! Settings of zones: who has them, and who does not.

use super::*;
use crate::net::Latency;

fn latency(wire: &mut Wire, from: ProcessId, to: ProcessId) -> Latency {
    wire.net.config(from, to).latency
}

#[test]
fn links_between_zones_have_their_settings_whenever_they_are_made() {
    let mut wire = Wire::new(|_| {});
    wire.send(A, B, b"a link that is there before it has a zone");
    wire.net.links.change_zones(0, 1, |c| c.latency = Latency::ms(40));
    wire.net.links.change_zones(1, 0, |c| c.latency = Latency::ms(60));
    wire.net.links.place(A, 0);
    wire.net.links.place(B, 1);
    assert_eq!(latency(&mut wire, A, B), Latency::ms(40));
    assert_eq!(latency(&mut wire, B, A), Latency::ms(60), "a route may be longer on the way back");
    assert_eq!(latency(&mut wire, A, C), Latency::ms(1), "c is in no zone");
    wire.net.links.place(C, 1);
    assert_eq!(latency(&mut wire, A, C), Latency::ms(40));
    assert_eq!(latency(&mut wire, C, B), Latency::ms(1), "nothing is said of links within zone 1");
}

#[test]
fn a_link_that_is_set_on_its_own_stays_so() {
    let mut wire = Wire::new(|_| {});
    let as_all = wire.net.config(A, B);
    wire.net.set_config(A, B, as_all);
    wire.net.links.change_default(|c| c.latency = Latency::ms(7));
    wire.net.links.change_zones(0, 0, |c| c.loss = p(0.5));
    wire.net.links.place(A, 0);
    wire.net.links.place(B, 0);
    assert_eq!(wire.net.config(A, B), as_all);
    assert_eq!(latency(&mut wire, B, A), Latency::ms(7), "zones have what else holds for all");
    assert_eq!(wire.net.config(B, A).loss, p(0.5));
    wire.net.links.change_default(|c| c.duplicate = p(0.1));
    assert_eq!((wire.net.config(B, A).loss, wire.net.config(B, A).duplicate), (p(0.5), p(0.1)));
}
