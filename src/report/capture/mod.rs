//! Traces as captures (pcapng) for Wireshark and similar tools: each case is a TCP conversation of its own. Takes cases,
//! returns bytes.

mod body;
mod conversation;
mod tcp;

pub(crate) use conversation::{Conversation, Remark};

use std::io::{self, Write};
use std::time::Duration;

use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::block_common::PcapNgBlock;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption, InterfaceTsResolution,
};
use pcap_file::pcapng::blocks::opt_common::CommonOption;
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::{DataLink, Endianness};

use crate::report::capture::tcp::Packet;
use crate::yamux::time::Time;

/// A capture under construction.
pub(crate) struct Capture<W: Write> {
    out: PcapNgWriter<W>,
    /// How many conversations there are.
    count: u32,
    /// When the next one begins.
    next: Duration,
}

impl<W: Write> Capture<W> {
    /// A capture of this program, without packets; `about` describes it.
    pub(crate) fn new(out: W, about: &str) -> io::Result<Self> {
        let section = SectionHeaderBlock {
            // The same bytes on every machine.
            endianness: Endianness::Little,
            options: vec![
                SectionHeaderOption::UserApplication(PROGRAM.into()),
                SectionHeaderOption::Common(CommonOption::Comment(about.to_owned().into())),
            ],
            ..SectionHeaderBlock::default()
        };
        let mut out = PcapNgWriter::with_section_header(out, section).map_err(io::Error::other)?;
        let interface = InterfaceDescriptionBlock {
            linktype: DataLink::RAW,
            snaplen: 0,
            options: vec![
                InterfaceDescriptionOption::IfName("yamux-conform".into()),
                InterfaceDescriptionOption::IfDescription(
                    "frames as the harness saw them; the TCP around them is made up".into(),
                ),
                InterfaceDescriptionOption::IfTsResol(InterfaceTsResolution::NANO),
            ],
        };
        out.write_block(&interface.into_block()).map_err(io::Error::other)?;
        Ok(Self { out, count: 0, next: BEGIN })
    }

    /// Appends a case.
    pub(crate) fn add(&mut self, conversation: &Conversation<'_>) -> io::Result<()> {
        let (begin, mut last) = (self.next, Time::ZERO);
        conversation.packets(self.count, &mut |packet| {
            // A frame's first byte may be older than the latest entry of the other direction.
            last = last.max(packet.time);
            self.write(begin + last.elapsed(), &packet)
        })?;
        self.count += 1;
        self.next = Duration::from_secs((begin + last.elapsed()).as_secs() + PAUSE);
        Ok(())
    }

    fn write(&mut self, timestamp: Duration, packet: &Packet) -> io::Result<()> {
        let comment = |text: &String| {
            let text = shortened(text).to_owned();
            EnhancedPacketOption::Common(CommonOption::Comment(text.into()))
        };
        let block = EnhancedPacketBlock {
            interface_id: 0,
            timestamp,
            original_len: u32::try_from(packet.bytes.len()).unwrap_or(u32::MAX),
            data: packet.bytes.as_slice().into(),
            options: packet.comments.iter().map(comment).collect(),
        };
        self.out.write_block(&block.into_block()).map(drop).map_err(io::Error::other)
    }
}

/// The part that fits an option of a block.
fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_COMMENT)]
}

const MAX_COMMENT: usize = 4096;

/// Captures have dates: the first case begins in the year 2000, each later one a second after the one before.
const BEGIN: Duration = Duration::from_secs(946_684_800);
const PAUSE: u64 = 2;

const PROGRAM: &str = concat!("yamux-conform ", env!("CARGO_PKG_VERSION"));
