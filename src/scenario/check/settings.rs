//! Settings of both ends on both clocks. Pure.

use std::time::Duration;

use crate::scenario::read::document::{Document, EndsBlock, SettingsBlock};
use crate::scenario::read::place::Place;
use crate::scenario::read::problem::Finding;
use crate::scenario::read::written::{Span, SpanOrOff};
use crate::scenario::{Need, PeerKind, SettingName, Settings};
use crate::yamux::frame::INITIAL_WINDOW;

/// How the ends are configured.
#[derive(Debug)]
pub(super) struct BothEnds {
    pub(super) subject: Settings,
    pub(super) peer: Settings,
    pub(super) live_subject: Settings,
    pub(super) live_peer: Settings,
    /// Whether the live ones are ever used.
    pub(super) live: bool,
}

/// The settings, with what is not given as in `Settings::default`.
pub(super) fn check(
    document: &Document,
    place: Place<'_>,
    findings: &mut Vec<Finding>,
) -> BothEnds {
    let live = document.clock.is_none();
    if !live && place.has("live") {
        let message = "the live settings are never used: \"clock\" says virtual only";
        findings.push(Finding::new(place.get("live").key(), message));
    }
    let default = Settings::default();
    let (wished, needed) = (Some(Need::Wished), Some(Need::Needed));
    let mut pair = |base: (&Settings, &Settings), ends, key, need| {
        pair(base, (ends, need), (document.peer, place.get(key)), findings)
    };
    let (subject, peer) = pair((&default, &default), &document.wishes, "wishes", wished);
    let (subject, peer) = pair((&subject, &peer), &document.settings, "settings", needed);
    // What is only wished stays so where its value is another.
    let (live_subject, live_peer) = pair((&subject, &peer), &document.live, "live", None);
    BothEnds { subject, peer, live_subject, live_peer, live }
}

fn pair(
    base: (&Settings, &Settings),
    (ends, need): (&EndsBlock, Option<Need>),
    (peer, place): (PeerKind, Place<'_>),
    findings: &mut Vec<Finding>,
) -> (Settings, Settings) {
    let subject = merged(base.0, (&ends.subject, need), place.get("subject"), findings);
    let Some(block) = &ends.peer else { return (subject, base.1.clone()) };
    if peer == PeerKind::Wire {
        let message = "a wire peer has no settings: it is only frames";
        findings.push(Finding::new(place.get("peer").key(), message));
    }
    (subject, merged(base.1, (block, need), place.get("peer"), findings))
}

fn merged(
    base: &Settings,
    (block, need): (&SettingsBlock, Option<Need>),
    place: Place<'_>,
    findings: &mut Vec<Finding>,
) -> Settings {
    let mut settings = base.clone();
    for name in block.names() {
        match need {
            Some(Need::Needed) if settings.asked.contains_key(&name) => {
                let message = format!("{name} is among the wishes too: say it once");
                findings.push(Finding::new(place.get(&name.to_string()).key(), message));
            }
            Some(need) => drop(settings.asked.insert(name, need)),
            None if settings.asked.contains_key(&name) => {}
            None => {
                let message = format!(
                    "\"live\" changes {name}, which neither \"settings\" nor \"wishes\" gives: say there how long it is, or \"off\""
                );
                findings.push(Finding::new(place.get(&name.to_string()).key(), message));
            }
        }
    }
    let mut merge = Merge { place, findings };
    if let Some(backlog) = block.accept_backlog {
        settings.accept_backlog = backlog;
    }
    merge.limits(block, &mut settings);
    if let Some(resets) = block.close_resets {
        settings.close_resets = resets;
    }
    merge.span_or_off(
        "keep_alive_interval",
        &block.keep_alive_interval,
        &mut settings.keep_alive_interval,
    );
    merge.span_or_off(
        "stream_open_timeout",
        &block.stream_open_timeout,
        &mut settings.stream_open_timeout,
    );
    merge.span_or_off(
        "stream_close_timeout",
        &block.stream_close_timeout,
        &mut settings.stream_close_timeout,
    );
    if let Some(Span(timeout)) = block.connection_write_timeout {
        merge.not_zero("connection_write_timeout", timeout, "");
        settings.connection_write_timeout = timeout;
    }
    if let Some(window) = block.max_window {
        match u32::try_from(window.0) {
            Ok(window) if window >= INITIAL_WINDOW => settings.max_window = window,
            _ => merge.report(
                "max_window",
                format!(
                    "expected from 256KiB (every stream starts with that) to 4294967295 bytes, found {} bytes",
                    window.0
                ),
            ),
        }
    }
    settings
}

impl SettingsBlock {
    /// The settings that are given.
    fn names(&self) -> impl Iterator<Item = SettingName> {
        [
            (self.accept_backlog.is_some(), SettingName::AcceptBacklog),
            (self.close_resets.is_some(), SettingName::CloseResets),
            (self.connection_write_timeout.is_some(), SettingName::ConnectionWriteTimeout),
            (self.keep_alive_interval.is_some(), SettingName::KeepAliveInterval),
            (self.max_frame_size.is_some(), SettingName::MaxFrameSize),
            (self.max_streams.is_some(), SettingName::MaxStreams),
            (self.max_window.is_some(), SettingName::MaxWindow),
            (self.next_stream_id.is_some(), SettingName::NextStreamId),
            (self.stream_close_timeout.is_some(), SettingName::StreamCloseTimeout),
            (self.stream_open_timeout.is_some(), SettingName::StreamOpenTimeout),
        ]
        .into_iter()
        .filter_map(|(is_given, name)| is_given.then_some(name))
    }
}

struct Merge<'a, 'b> {
    place: Place<'a>,
    findings: &'b mut Vec<Finding>,
}

impl Merge<'_, '_> {
    /// The limits that are numbers.
    fn limits(&mut self, block: &SettingsBlock, settings: &mut Settings) {
        if let Some(streams) = block.max_streams {
            settings.max_streams = Some(streams);
        }
        if let Some(number) = block.next_stream_id {
            settings.next_stream_id = Some(number);
        }
        if let Some(size) = block.max_frame_size {
            match u32::try_from(size.0) {
                Ok(size) if FRAME_SIZES.contains(&size) => settings.max_frame_size = Some(size),
                _ => self.report(
                    "max_frame_size",
                    format!("expected from 1KiB to 1MiB, found {} bytes", size.0),
                ),
            }
        }
    }

    fn span_or_off(
        &mut self,
        key: &str,
        written: &Option<SpanOrOff>,
        setting: &mut Option<Duration>,
    ) {
        if let Some(SpanOrOff(value)) = written {
            if let Some(span) = value {
                self.not_zero(key, *span, ", or \"off\"");
            }
            *setting = *value;
        }
    }

    fn not_zero(&mut self, key: &str, span: Duration, or_off: &str) {
        if span.is_zero() {
            self.report(key, format!("expected more than no time{or_off}"));
        }
    }

    fn report(&mut self, key: &str, message: String) {
        self.findings.push(Finding::new(self.place.get(key).value(), message));
    }
}

/// What every implementation with such a setting can be asked for: go-yamux counts the header in and takes 1024 at least.
const FRAME_SIZES: std::ops::RangeInclusive<u32> = 1024..=1 << 20;
