//! The TCP connection that shows a case: valid addresses, sequence numbers and checksums.

use std::io;

use etherparse::{PacketBuilder, TcpOptionElement};

use crate::trace::Direction;
use crate::yamux::frame::Side;
use crate::yamux::time::Time;

/// A packet with everything in it.
pub(super) struct Packet {
    pub(super) time: Time,
    pub(super) bytes: Vec<u8>,
    pub(super) comments: Vec<String>,
}

/// One end of the connection.
struct TcpEnd {
    address: [u8; 4],
    port: u16,
    /// The number of the next byte it sends.
    next: u32,
    has_ended: bool,
}

/// A connection; it passes each packet to `take`.
pub(super) struct Connection<'a> {
    subject: TcpEnd,
    peer: TcpEnd,
    /// The latest packet and its direction, held back because flags or comments may be added.
    held: Option<(Packet, Direction)>,
    was_reset: bool,
    take: &'a mut dyn FnMut(Packet) -> io::Result<()>,
}

/// A segment's purpose besides carrying bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Syn,
    SynAck,
    Ack,
    Push,
    Fin,
    Rst,
}

impl<'a> Connection<'a> {
    /// The connection with this number. The subject is in 10.1.0.0/16, the peer in 10.2.0.0/16, and the yamux server has
    /// port 7777.
    pub(super) fn new(
        number: u32,
        subject: Side,
        take: &'a mut dyn FnMut(Packet) -> io::Result<()>,
    ) -> Self {
        let [_, round, high, low] = number.to_be_bytes();
        let end = |network, side| TcpEnd {
            address: [10, network, high, low],
            port: match side {
                Side::Client => CLIENT_PORT + u16::from(round),
                Side::Server => SERVER_PORT,
            },
            next: 0,
            has_ended: false,
        };
        let (subject, peer) = (end(1, subject), end(2, subject.other()));
        Self { subject, peer, held: None, was_reset: false, take }
    }

    /// Sends bytes in this direction, in as many segments as needed; the comments are on the first.
    pub(super) fn send(
        &mut self,
        time: Time,
        direction: Direction,
        bytes: &[u8],
        mut comments: Vec<String>,
    ) -> io::Result<()> {
        for piece in bytes.chunks(MAX_SEGMENT) {
            self.segment(time, direction, Mark::Push, piece, std::mem::take(&mut comments))?;
        }
        Ok(())
    }

    /// Sends one segment in this direction.
    pub(super) fn segment(
        &mut self,
        time: Time,
        direction: Direction,
        mark: Mark,
        payload: &[u8],
        comments: Vec<String>,
    ) -> io::Result<()> {
        let (from, to) = match direction {
            Direction::SubjectToPeer => (&mut self.subject, &mut self.peer),
            Direction::PeerToSubject => (&mut self.peer, &mut self.subject),
        };
        let ip = PacketBuilder::ipv4(from.address, to.address, 64);
        let tcp = ip.tcp(from.port, to.port, from.next, WINDOW);
        let tcp = match mark {
            Mark::Syn => tcp.syn().options(OPTIONS),
            Mark::SynAck => tcp.syn().ack(to.next).options(OPTIONS),
            Mark::Ack => Ok(tcp.ack(to.next)),
            Mark::Push => Ok(tcp.psh().ack(to.next)),
            Mark::Fin => Ok(tcp.fin().ack(to.next)),
            Mark::Rst => Ok(tcp.rst().ack(to.next)),
        };
        let tcp = tcp.map_err(io::Error::other)?;
        let mut bytes = Vec::with_capacity(tcp.size(payload.len()));
        tcp.write(&mut bytes, payload).map_err(io::Error::other)?;
        let counted = match mark {
            Mark::Syn | Mark::SynAck | Mark::Fin => 1,
            Mark::Ack | Mark::Push | Mark::Rst => 0,
        };
        let sent = u32::try_from(payload.len()).map_err(io::Error::other)?;
        from.next = from.next.wrapping_add(sent).wrapping_add(counted);
        from.has_ended |= matches!(mark, Mark::Fin | Mark::Rst);
        self.was_reset |= mark == Mark::Rst;
        let packet = Packet { time, bytes, comments };
        match self.held.replace((packet, direction)) {
            Some((before, _)) => (self.take)(before),
            None => Ok(()),
        }
    }

    /// Ends what is still open, the half of `first` first, and puts the remaining comments on the last packet.
    pub(super) fn close(
        mut self,
        time: Time,
        first: Direction,
        comments: Vec<String>,
    ) -> io::Result<()> {
        for direction in [first, first.reverse()] {
            if !self.was_reset && !self.has_ended(direction) {
                self.segment(time, direction, Mark::Fin, &[], Vec::new())?;
            }
        }
        if let Some((_, latest)) = self.held
            && !self.was_reset
        {
            self.segment(time, latest.reverse(), Mark::Ack, &[], Vec::new())?;
        }
        let Some((mut last, _)) = self.held.take() else { return Ok(()) };
        last.comments.extend(comments);
        (self.take)(last)
    }

    /// Whether this direction has ended.
    const fn has_ended(&self, direction: Direction) -> bool {
        match direction {
            Direction::SubjectToPeer => self.subject.has_ended,
            Direction::PeerToSubject => self.peer.has_ended,
        }
    }
}

const SERVER_PORT: u16 = 7777;
const CLIENT_PORT: u16 = 40_000;

/// With the scale below far more than is ever in flight.
const WINDOW: u16 = u16::MAX;
const OPTIONS: &[TcpOptionElement] =
    &[TcpOptionElement::MaximumSegmentSize(65_495), TcpOptionElement::WindowScale(14)];

/// Well below the limit of an IPv4 packet.
const MAX_SEGMENT: usize = 32 * 1024;
