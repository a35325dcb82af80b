//! Each process's sockets and ports.

use std::io;

use super::packet::{PacketList, Packets};
use crate::base::ProcessId;
use crate::kernel::task::{Waiter, Waiters};

/// Names a socket: its slot, and a generation that tells it from others in the same slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SocketId {
    index: u32,
    generation: u32,
}

#[derive(Debug, Default)]
struct Socket {
    generation: u32,
    open: bool,
    process: u32,
    port: u16,
    queue: PacketList,
    queued_bytes: usize,
    readers: Waiters,
}

/// A datagram socket holds this many bytes, as Linux's default `rmem` does.
const BUFFER_BYTES: usize = 212_992;
/// What a queued datagram costs beyond its payload, roughly as on Linux.
const OVERHEAD_BYTES: usize = 64;
/// The first ephemeral port, as Linux has it.
const EPHEMERAL: u16 = 32_768;

/// One process's ports, sorted.
#[derive(Debug, Default)]
struct Ports {
    bound: Vec<(u16, u32)>,
    next: u16,
}

/// The sockets of all processes.
#[derive(Debug, Default)]
pub(crate) struct Stacks {
    sockets: Vec<Socket>,
    free: Vec<u32>,
    ports: Vec<Ports>,
}

impl Stacks {
    /// Binds a port of a process, an ephemeral one for 0.
    pub(crate) fn bind(&mut self, process: ProcessId, port: u16) -> io::Result<(SocketId, u16)> {
        if self.ports.len() <= process.index() {
            self.ports.resize_with(process.index() + 1, Ports::default);
        }
        let ports = &mut self.ports[process.index()];
        let port = if port == 0 { ports.ephemeral()? } else { port };
        let Err(place) = ports.bound.binary_search_by_key(&port, |b| b.0) else {
            return Err(io::Error::from(io::ErrorKind::AddrInUse));
        };
        let index = self.free.pop().unwrap_or_else(|| {
            self.sockets.push(Socket::default());
            self.sockets.len() as u32 - 1
        });
        ports.bound.insert(place, (port, index));
        let s = &mut self.sockets[index as usize];
        s.generation += 1;
        (s.open, s.process, s.port) = (true, process.0, port);
        Ok((SocketId { index, generation: s.generation }, port))
    }

    #[inline]
    fn socket(&mut self, id: SocketId) -> Option<&mut Socket> {
        self.sockets.get_mut(id.index as usize).filter(|s| s.open && s.generation == id.generation)
    }

    /// Closes a socket. Gives what waited on it, to be dropped where user code may run.
    pub(crate) fn close(&mut self, id: SocketId, packets: &mut Packets) -> Vec<Waiter> {
        if self.socket(id).is_none() {
            return vec![];
        }
        self.shut(id.index, packets)
    }

    fn shut(&mut self, index: u32, packets: &mut Packets) -> Vec<Waiter> {
        let s = &mut self.sockets[index as usize];
        s.open = false;
        s.queued_bytes = 0;
        while let Some(packet) = packets.pop(&mut s.queue) {
            packets.remove(packet);
        }
        let (process, port) = (s.process as usize, s.port);
        let readers = s.readers.take();
        self.ports[process].bound.retain(|b| b.0 != port);
        self.free.push(index);
        readers
    }

    /// Closes all sockets of a process.
    pub(crate) fn close_all(&mut self, process: ProcessId, packets: &mut Packets) -> Vec<Waiter> {
        let Some(ports) = self.ports.get(process.index()) else { return vec![] };
        let open: Vec<u32> = ports.bound.iter().map(|b| b.1).collect();
        open.into_iter().flat_map(|index| self.shut(index, packets)).collect()
    }

    /// A packet arrives at a port: `Err` says why it does not.
    #[inline]
    pub(crate) fn arrive(
        &mut self,
        process: ProcessId,
        port: u16,
        packet: u32,
        packets: &mut Packets,
        wake: impl FnMut(Waiter),
    ) -> Result<(), super::Drop> {
        let bound = self.ports.get(process.index()).map_or(&[][..], |p| &p.bound);
        let index = match bound {
            [(p, index)] if *p == port => *index,
            _ => {
                let at = bound.binary_search_by_key(&port, |b| b.0).map_err(|_| super::Drop::NoListener)?;
                bound[at].1
            }
        };
        let s = &mut self.sockets[index as usize];
        let cost = packets.get(packet).bytes.len() + OVERHEAD_BYTES;
        if s.queued_bytes + cost > BUFFER_BYTES {
            return Err(super::Drop::BufferFull);
        }
        s.queued_bytes += cost;
        packets.push(&mut s.queue, packet);
        s.readers.wake(wake);
        Ok(())
    }

    /// The next packet of a socket; the caller removes it from the slab. `None`: nothing yet, and `waiter` waits.
    #[inline]
    pub(crate) fn take(
        &mut self,
        id: SocketId,
        packets: &Packets,
        waiter: impl FnOnce() -> Waiter,
    ) -> io::Result<Option<u32>> {
        let Some(s) = self.socket(id) else { return Err(io::ErrorKind::NotConnected.into()) };
        let Some(packet) = packets.pop(&mut s.queue) else {
            s.readers.add(waiter());
            return Ok(None);
        };
        s.queued_bytes -= packets.get(packet).bytes.len() + OVERHEAD_BYTES;
        Ok(Some(packet))
    }
}

impl Ports {
    /// The next free ephemeral port: in order, so that one socket more shifts no other by chance.
    fn ephemeral(&mut self) -> io::Result<u16> {
        for _ in EPHEMERAL..=u16::MAX {
            let port = EPHEMERAL + self.next % (u16::MAX - EPHEMERAL + 1);
            self.next = self.next.wrapping_add(1);
            if self.bound.binary_search_by_key(&port, |b| b.0).is_err() {
                return Ok(port);
            }
        }
        Err(io::Error::from(io::ErrorKind::AddrInUse))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::task::TaskId;

    const P: ProcessId = ProcessId(0);

    #[test]
    fn a_port_is_bound_once_and_free_after_close() {
        let (mut stacks, mut packets) = (Stacks::default(), Packets::default());
        let (a, port) = stacks.bind(P, 9).unwrap();
        assert_eq!(port, 9);
        assert_eq!(stacks.bind(P, 9).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        stacks.close(a, &mut packets);
        let (b, _) = stacks.bind(P, 9).unwrap();
        let waiter = || Waiter::Task(TaskId::from_bits(1));
        assert!(stacks.take(a, &packets, waiter).is_err(), "the old handle is dead");
        assert!(stacks.take(b, &packets, waiter).unwrap().is_none());
    }

    #[test]
    fn ephemeral_ports_differ_and_run_out() {
        let mut stacks = Stacks::default();
        let first = stacks.bind(P, 0).unwrap().1;
        let second = stacks.bind(P, 0).unwrap().1;
        assert_eq!((first, second), (32_768, 32_769));
        for _ in 2..32_768 {
            stacks.bind(P, 0).unwrap();
        }
        assert_eq!(stacks.bind(P, 0).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn a_buffer_is_bounded() {
        let (mut stacks, mut packets) = (Stacks::default(), Packets::default());
        let (id, _) = stacks.bind(P, 9).unwrap();
        let mut arrived = 0;
        loop {
            let p = packets.put((P, 1), (P, 9), &[0; 1000]);
            match stacks.arrive(P, 9, p, &mut packets, drop) {
                Ok(()) => arrived += 1,
                Err(why) => break assert_eq!(why, crate::kernel::net::Drop::BufferFull),
            }
        }
        assert_eq!(arrived, 200);
        assert!(stacks.take(id, &packets, || unreachable!()).unwrap().is_some());
    }
}
