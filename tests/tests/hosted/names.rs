//! Looking names up, as std and C do it.

use std::ffi::{CStr, CString};
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

use tumult_sim::body::program;
use tumult_sim::fault::Fault;
use tumult_sim::{NameFailure, Process, Sim, net};

use crate::threads::alone;

/// What std finds, and how many milliseconds it takes.
fn looked_up(name: &str) -> (Result<Vec<SocketAddr>, String>, u128) {
    let begun = Instant::now();
    let found = (name, 80).to_socket_addrs().map(Iterator::collect).map_err(|error| error.to_string());
    (found, begun.elapsed().as_millis())
}

#[test]
fn processes_addresses_and_the_loopback_are_found_at_once() {
    let (found, _) = alone(1, || ["main", "localhost", "10.0.0.7", "::1", "nobody"].map(looked_up));
    let address = |text: &str| vec![text.parse::<SocketAddr>().unwrap()];
    assert_eq!(found[0], (Ok(address("10.0.0.1:80")), 0));
    assert_eq!(found[1], (Ok(address("127.0.0.1:80")), 0));
    assert_eq!(found[2], (Ok(address("10.0.0.7:80")), 0));
    assert_eq!(found[3], (Ok(address("[::1]:80")), 0));
    assert!(found[4].0.as_ref().unwrap_err().contains("Name or service not known"), "{:?}", found[4]);
}

fn with_alias(set: impl FnOnce(&mut Sim, Process)) -> (Result<Vec<SocketAddr>, String>, u128) {
    let mut sim = Sim::new(1);
    let [a, b] = ["a", "b"].map(|name| sim.process(name, program(|| ())));
    sim.alias("db.internal", [b, a]).latency(net::Latency::ms(3));
    let client = sim.primary("client", program(|| looked_up("db.internal")));
    set(&mut sim, client);
    sim.run().output::<(Result<Vec<SocketAddr>, String>, u128)>(client).unwrap().clone()
}

#[test]
fn a_name_of_several_takes_its_time_and_gives_all_in_order() {
    let found = with_alias(|_, _| ());
    let all = ["10.0.0.2:80", "10.0.0.1:80"].map(|a| a.parse().unwrap()).to_vec();
    assert_eq!(found, (Ok(all), 3));
}

#[test]
fn a_name_server_that_fails_says_so_or_nothing() {
    let fails = |how| {
        let (found, took) = with_alias(|sim, _| sim.fault(Fault::name_failure("db.internal", how).at(Duration::ZERO)));
        (found.unwrap_err(), took)
    };
    let (said, took) = fails(NameFailure::Temporary);
    assert!(said.contains("Temporary failure in name resolution") && took < 10, "{said} {took}");
    let (said, took) = fails(NameFailure::NotFound);
    assert!(said.contains("Name or service not known") && took < 10, "{said} {took}");
    let (said, took) = fails(NameFailure::Timeout);
    assert!(said.contains("Temporary failure") && took >= 10_000, "{said} {took}");
}

/// What C gets: how many entries, the family of the first, its canonical name.
fn by_c(name: &str, flags: i32, family: i32, sort: i32) -> Result<(usize, i32, Option<String>), i32> {
    let name = CString::new(name).unwrap();
    // SAFETY: hints of zeros, and a place for the list, which is given back.
    unsafe {
        let mut hints: libc::addrinfo = std::mem::zeroed();
        (hints.ai_flags, hints.ai_family, hints.ai_socktype) = (flags, family, sort);
        let mut list = std::ptr::null_mut();
        match libc::getaddrinfo(name.as_ptr(), c"80".as_ptr(), &raw const hints, &raw mut list) {
            0 => {}
            error => return Err(error),
        }
        let first = &*list;
        let canonical =
            (!first.ai_canonname.is_null()).then(|| CStr::from_ptr(first.ai_canonname).to_string_lossy().into_owned());
        let (mut entries, mut next) = (0, list);
        while !next.is_null() {
            (entries, next) = (entries + 1, (*next).ai_next);
        }
        let result = (entries, first.ai_family, canonical);
        libc::freeaddrinfo(list);
        Ok(result)
    }
}

#[test]
fn hints_say_what_is_wanted() {
    alone(1, || {
        assert_eq!(by_c("main", libc::AI_CANONNAME, 0, 0), Ok((2, libc::AF_INET, Some("main".into()))));
        assert_eq!(by_c("main", 0, 0, libc::SOCK_STREAM), Ok((1, libc::AF_INET, None)));
        assert_eq!(by_c("main", 0, libc::AF_INET6, libc::SOCK_STREAM), Err(libc::EAI_NODATA));
        assert_eq!(by_c("main", libc::AI_V4MAPPED, libc::AF_INET6, 1), Ok((1, libc::AF_INET6, None)));
        assert_eq!(by_c("localhost", 0, libc::AF_INET6, 1), Ok((1, libc::AF_INET6, None)));
        assert_eq!(by_c("main", libc::AI_NUMERICHOST, 0, 0), Err(libc::EAI_NONAME));
        assert_eq!(by_c("main", 0, 77, 0), Err(libc::EAI_FAMILY));
    });
}

#[test]
fn the_machine_and_its_interfaces_have_names() {
    let (names, _) = alone(1, || {
        let mut host = [0_u8; 64];
        let address: socket2::SockAddr = "10.0.0.1:80".parse::<SocketAddr>().unwrap().into();
        let mut name = [0 as libc::c_char; 64];
        // SAFETY: as long as said.
        unsafe {
            assert_eq!(libc::gethostname(host.as_mut_ptr().cast(), 64), 0);
            assert_eq!(libc::gethostname(host.as_mut_ptr().cast(), 2), -1);
            let (at, len) = (address.as_ptr().cast(), address.len());
            assert_eq!(libc::getnameinfo(at, len, name.as_mut_ptr(), 64, std::ptr::null_mut(), 0, 0), 0);
            let by_address = CStr::from_ptr(name.as_ptr()).to_string_lossy().into_owned();
            let indices = [c"lo", c"eth0", c"eth1"].map(|name| libc::if_nametoindex(name.as_ptr()));
            let host = CStr::from_bytes_until_nul(&host).unwrap().to_string_lossy().into_owned();
            (host, by_address, indices)
        }
    });
    assert_eq!(names, ("main".into(), "main".into(), [1, 2, 0]));
}

#[test]
fn the_interfaces_have_the_addresses_of_the_process() {
    let (found, _) = alone(1, || {
        let (mut list, mut found) = (std::ptr::null_mut::<libc::ifaddrs>(), vec![]);
        // SAFETY: a place for the list, which is given back.
        unsafe {
            assert_eq!(libc::getifaddrs(&raw mut list), 0);
            let mut next = list;
            while let Some(one) = next.as_ref() {
                let address = one.ifa_addr.cast::<libc::sockaddr_in>().read_unaligned();
                let name = CStr::from_ptr(one.ifa_name).to_string_lossy().into_owned();
                found.push((name, address.sin_addr.s_addr.to_ne_bytes()));
                next = one.ifa_next;
            }
            libc::freeifaddrs(list);
        }
        found
    });
    assert_eq!(found, [("lo".into(), [127, 0, 0, 1]), ("eth0".into(), [10, 0, 0, 1])]);
}
