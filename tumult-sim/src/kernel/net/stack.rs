//! Each process's sockets and ports.

use std::io;
use std::net::Ipv4Addr;

use super::Scope;
use super::ephemeral::Ephemeral;
use super::packet::{Packet, PacketList, Packets};
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
    scope: Scope,
    /// Takes from this one only.
    peer: Option<Peer>,
    /// What its program is told once.
    error: Option<io::ErrorKind>,
    /// It does not take everything that comes to its port, or has an error.
    picky: bool,
    queue: PacketList,
    queued_bytes: usize,
    readers: Waiters,
}

/// What a socket is connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) process: ProcessId,
    pub(crate) port: u16,
    pub(crate) loopback: bool,
}

impl Socket {
    /// Whether a packet is for it, of those at its port.
    fn takes(&self, p: &Packet) -> bool {
        let from = Peer { process: p.from, port: p.from_port, loopback: p.loopback };
        self.scope.takes(p.loopback) && self.peer.is_none_or(|peer| peer == from)
    }
}

/// A datagram socket holds this many bytes, as Linux's default `rmem` does.
const BUFFER_BYTES: usize = 212_992;
/// What a queued datagram costs beyond its payload, roughly as on Linux.
const OVERHEAD_BYTES: usize = 64;

/// One process's ports, sorted.
#[derive(Debug, Default)]
struct Ports {
    bound: Vec<(u16, u32)>,
    ephemeral: Ephemeral,
}

/// The sockets of all processes.
#[derive(Debug, Default)]
pub(crate) struct Stacks {
    sockets: Vec<Socket>,
    free: Vec<u32>,
    ports: Vec<Ports>,
    /// Who has joined which group: process and socket.
    members: Vec<(Ipv4Addr, ProcessId, u32)>,
}

impl Stacks {
    /// Binds a port of a process, at all its addresses.
    #[cfg(test)]
    pub(crate) fn bind(&mut self, process: ProcessId, port: u16) -> io::Result<(SocketId, u16)> {
        self.bind_at(process, port, Scope::Any)
    }

    /// Binds a port of a process, an ephemeral one for 0.
    pub(crate) fn bind_at(&mut self, process: ProcessId, port: u16, scope: Scope) -> io::Result<(SocketId, u16)> {
        if self.ports.len() <= process.index() {
            self.ports.resize_with(process.index() + 1, Ports::default);
        }
        let ports = &mut self.ports[process.index()];
        let bound = &ports.bound;
        let taken = |port| bound.binary_search_by_key(&port, |b| b.0).is_ok();
        let port = if port == 0 { ports.ephemeral.next(taken).ok_or(io::ErrorKind::AddrInUse)? } else { port };
        let place = ports.bound.partition_point(|b| b.0 < port);
        let mut same = ports.bound[place..].iter().take_while(|b| b.0 == port);
        if same.any(|b| self.sockets[b.1 as usize].scope.overlaps(scope)) {
            return Err(io::Error::from(io::ErrorKind::AddrInUse));
        }
        let index = self.free.pop().unwrap_or_else(|| {
            self.sockets.push(Socket::default());
            self.sockets.len() as u32 - 1
        });
        ports.bound.insert(place, (port, index));
        let s = &mut self.sockets[index as usize];
        s.generation += 1;
        (s.open, s.process, s.port) = (true, process.0, port);
        (s.scope, s.peer, s.error, s.picky) = (scope, None, None, scope != Scope::Any);
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
        self.ports[process].bound.retain(|b| *b != (port, index));
        self.members.retain(|m| m.2 != index);
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
        let mut index = match bound {
            [(p, index)] if *p == port => *index,
            _ => {
                let at = bound.binary_search_by_key(&port, |b| b.0).map_err(|_| super::Drop::NoListener)?;
                bound[at].1
            }
        };
        if self.sockets[index as usize].picky {
            index = self.choose(process, port, packets.get(packet)).ok_or(super::Drop::NoListener)?;
        }
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

    /// Of the sockets at a port, the one that a packet is for.
    #[cold]
    fn choose(&self, process: ProcessId, port: u16, packet: &Packet) -> Option<u32> {
        let bound = &self.ports[process.index()].bound;
        let first = bound.partition_point(|b| b.0 < port);
        let mut same = bound[first..].iter().take_while(|b| b.0 == port);
        same.find(|b| self.sockets[b.1 as usize].takes(packet)).map(|b| b.1)
    }

    /// From now on a socket takes only what comes from `peer`.
    pub(crate) fn connect(&mut self, id: SocketId, peer: Peer) -> io::Result<()> {
        let s = self.socket(id).ok_or(io::ErrorKind::NotConnected)?;
        (s.peer, s.picky) = (Some(peer), true);
        Ok(())
    }

    /// A socket takes what comes from anybody again.
    pub(crate) fn disconnect(&mut self, id: SocketId) {
        if let Some(s) = self.socket(id) {
            s.peer = None;
        }
    }

    /// What a socket is connected to.
    pub(crate) fn peer(&mut self, id: SocketId) -> Option<Peer> {
        self.socket(id)?.peer
    }

    /// What went wrong with what was sent before; told once.
    pub(crate) fn error(&mut self, id: SocketId) -> io::Result<()> {
        let s = self.socket(id).ok_or(io::ErrorKind::NotConnected)?;
        s.error.take().map_or(Ok(()), |error| Err(error.into()))
    }

    pub(crate) fn has_error(&mut self, id: SocketId) -> bool {
        self.socket(id).is_some_and(|s| s.error.is_some())
    }

    /// The first datagram of a socket, if there is one.
    pub(crate) fn first(&mut self, id: SocketId) -> Option<u32> {
        self.socket(id)?.queue.first()
    }

    /// Whoever this leaves is woken when the next datagram or error comes, whatever is there already.
    pub(crate) fn watch(&mut self, id: SocketId, waiter: Waiter) {
        if let Some(s) = self.socket(id) {
            s.readers.add(waiter);
        }
    }

    /// Whoever waits at a socket looks again.
    pub(crate) fn wake(&mut self, id: SocketId, wake: impl FnMut(Waiter)) {
        if let Some(s) = self.socket(id) {
            s.readers.wake(wake);
        }
    }

    /// The socket at a port that is connected to `peer`.
    fn connected(&self, process: ProcessId, port: u16, peer: Peer) -> Option<usize> {
        let bound = &self.ports.get(process.index())?.bound;
        bound.iter().find(|b| b.0 == port && self.sockets[b.1 as usize].peer == Some(peer)).map(|b| b.1 as usize)
    }

    /// Whether somebody wants to know that nobody took a packet: only who is connected is told, as on Linux.
    pub(crate) fn wants_refusal(&self, p: &Packet) -> bool {
        let peer = Peer { process: p.to, port: p.to_port, loopback: p.loopback };
        self.connected(p.from, p.from_port, peer).is_some()
    }

    /// The answer that nobody took what was sent to where this packet is from.
    pub(crate) fn refused(&mut self, p: &Packet, wake: impl FnMut(Waiter)) {
        let peer = Peer { process: p.from, port: p.from_port, loopback: p.loopback };
        if let Some(index) = self.connected(p.to, p.to_port, peer) {
            self.sockets[index].error = Some(io::ErrorKind::ConnectionRefused);
            self.sockets[index].readers.wake(wake);
        }
    }

    /// Joins or leaves a group. False: it was so already.
    pub(crate) fn join(&mut self, id: SocketId, group: Ipv4Addr, join: bool) -> io::Result<bool> {
        let process = ProcessId(self.socket(id).ok_or(io::ErrorKind::NotConnected)?.process);
        let at = self.members.binary_search(&(group, process, id.index));
        match at {
            Err(at) if join => self.members.insert(at, (group, process, id.index)),
            Ok(at) if !join => drop(self.members.remove(at)),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The processes that have joined a group, each once, in their order.
    pub(crate) fn members(&self, group: Ipv4Addr) -> Vec<ProcessId> {
        let mut members: Vec<_> = self.members.iter().filter(|m| m.0 == group).map(|m| m.1).collect();
        members.dedup();
        members
    }

    /// The next packet of a socket, which stays; `None`: nothing yet, and `waiter` waits.
    pub(crate) fn peek(&mut self, id: SocketId, waiter: impl FnOnce() -> Waiter) -> io::Result<Option<u32>> {
        self.error(id)?;
        let Some(s) = self.socket(id) else { return Err(io::ErrorKind::NotConnected.into()) };
        let packet = s.queue.first();
        if packet.is_none() {
            s.readers.add(waiter());
        }
        Ok(packet)
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
        if s.picky
            && let Some(error) = s.error.take()
        {
            return Err(error.into());
        }
        let Some(packet) = packets.pop(&mut s.queue) else {
            s.readers.add(waiter());
            return Ok(None);
        };
        s.queued_bytes -= packets.get(packet).bytes.len() + OVERHEAD_BYTES;
        Ok(Some(packet))
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
