//! `Conversation`: a case as packets: the handshake, each frame in segments of its own, the end, and comments for all other
//! entries.

use std::io;

use crate::report::capture::body::Bodies;
use crate::report::capture::tcp::{Connection, Mark, Packet};
use crate::trace::{Direction, Entry, Item, Trace, TransportEnd};
use crate::yamux::frame::Side;
use crate::yamux::time::Time;

/// A case.
#[derive(Clone, Debug)]
pub(crate) struct Conversation<'a> {
    /// The comments on its first packet.
    pub about: &'a [String],
    /// The side of the subject.
    pub subject: Side,
    /// The seed of payload patterns.
    pub seed: u32,
    /// What crossed the wire.
    pub trace: &'a Trace,
    /// The events beside the frames.
    pub remarks: &'a [Remark],
    /// The comment on its last packet.
    pub verdict: Option<&'a str>,
}

/// An event between two entries of the trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remark {
    /// How many entries precede it.
    pub frames_before: usize,
    /// The event, with its time.
    pub text: String,
}

impl Conversation<'_> {
    /// Passes each packet to `take`; `number` is that of the conversation.
    pub(super) fn packets(
        &self,
        number: u32,
        take: &mut dyn FnMut(Packet) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut connection = Connection::new(number, self.subject, take);
        let opens = match self.subject {
            Side::Client => Direction::SubjectToPeer,
            Side::Server => Direction::PeerToSubject,
        };
        connection.segment(Time::ZERO, opens, Mark::Syn, &[], self.about.to_vec())?;
        connection.segment(Time::ZERO, opens.reverse(), Mark::SynAck, &[], Vec::new())?;
        connection.segment(Time::ZERO, opens, Mark::Ack, &[], Vec::new())?;
        let mut bodies = Bodies::new(self.seed);
        let mut remarks = self.remarks.iter().peekable();
        let mut said = Vec::new();
        for (index, entry) in self.trace.entries.iter().enumerate() {
            while let Some(remark) = remarks.next_if(|remark| remark.frames_before <= index) {
                said.push(remark.text.clone());
            }
            if let Item::Step(number) = entry.item {
                said.push(format!("{}: step {number} settled", entry.time));
                continue;
            }
            show(&mut connection, &mut bodies, entry, std::mem::take(&mut said))?;
        }
        said.extend(remarks.map(|remark| remark.text.clone()));
        said.extend(self.verdict.map(str::to_owned));
        let last = self.trace.entries.iter().map(|entry| entry.time).max().unwrap_or(Time::ZERO);
        connection.close(last, opens, said)
    }
}

fn show(
    connection: &mut Connection<'_>,
    bodies: &mut Bodies,
    entry: &Entry,
    said: Vec<String>,
) -> io::Result<()> {
    let Entry { time, direction, item } = *entry;
    match item {
        Item::Frame { header, body_len, crc } => {
            let mut bytes = header.encode().to_vec();
            if body_len > 0 {
                bytes.extend(bodies.next(header.stream, direction, body_len, crc));
            }
            connection.send(time, direction, &bytes, said)
        }
        Item::Garbage { len, .. } => connection.send(time, direction, &vec![0; len as usize], said),
        Item::End(TransportEnd::Eof) => connection.segment(time, direction, Mark::Fin, &[], said),
        Item::End(TransportEnd::Reset) => connection.segment(time, direction, Mark::Rst, &[], said),
        Item::Step(_) => Ok(()),
    }
}
