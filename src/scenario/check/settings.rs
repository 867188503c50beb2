//! Checks the settings of both ends on both clocks. Pure.

use std::time::Duration;

use crate::scenario::read::document::{Document, EndsBlock, SettingsBlock};
use crate::scenario::read::place::Place;
use crate::scenario::read::problem::Finding;
use crate::scenario::read::written::{Size, Span, SpanOrOff};
use crate::scenario::{Need, PeerKind, SettingName, Settings};
use crate::yamux::frame::INITIAL_WINDOW;

/// How the ends are configured.
#[derive(Debug)]
pub(super) struct BothEnds {
    pub(super) subject: Settings,
    pub(super) peer: Settings,
    pub(super) live_subject: Settings,
    pub(super) live_peer: Settings,
    /// Whether the live settings are ever used.
    pub(super) live: bool,
}

/// Checks the settings; those not given are as in `Settings::default`.
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
    // A setting that is only wished stays so even if its live value differs.
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

/// The settings of one end: those of `base`, overridden by those that `block` gives.
fn merged(
    base: &Settings,
    (block, need): (&SettingsBlock, Option<Need>),
    place: Place<'_>,
    findings: &mut Vec<Finding>,
) -> Settings {
    let mut settings = base.clone();
    let given = SettingName::ALL.iter().filter(|name| place.has(&name.to_string()));
    for name in given.copied() {
        let message = match need {
            Some(Need::Needed) if settings.asked.contains_key(&name) => {
                format!("{name} is among the wishes too: say it once")
            }
            Some(need) => {
                settings.asked.insert(name, need);
                continue;
            }
            None if settings.asked.contains_key(&name) => continue,
            None => format!(
                "\"live\" changes {name}, which neither \"settings\" nor \"wishes\" gives: say there how long it is, or \"off\""
            ),
        };
        findings.push(Finding::new(place.get(&name.to_string()).key(), message));
    }
    let wrong =
        |key: &str, message: String| findings.push(Finding::new(place.get(key).value(), message));
    set_values(block, &mut settings, wrong);
    settings
}

/// Applies the settings that `block` gives; calls `wrong` for keys without a lawful value.
fn set_values(block: &SettingsBlock, settings: &mut Settings, mut wrong: impl FnMut(&str, String)) {
    settings.accept_backlog = block.accept_backlog.unwrap_or(settings.accept_backlog);
    settings.close_resets = block.close_resets.unwrap_or(settings.close_resets);
    settings.max_streams = block.max_streams.or(settings.max_streams);
    settings.next_stream_id = block.next_stream_id.or(settings.next_stream_id);
    for (key, written, setting) in [
        ("keep_alive_interval", &block.keep_alive_interval, &mut settings.keep_alive_interval),
        ("stream_open_timeout", &block.stream_open_timeout, &mut settings.stream_open_timeout),
        ("stream_close_timeout", &block.stream_close_timeout, &mut settings.stream_close_timeout),
    ] {
        let Some(SpanOrOff(span)) = written else { continue };
        if *span == Some(Duration::ZERO) {
            wrong(key, "expected more than no time, or \"off\"".to_owned());
        }
        *setting = *span;
    }
    if let Some(Span(timeout)) = block.connection_write_timeout {
        if timeout.is_zero() {
            wrong("connection_write_timeout", "expected more than no time".to_owned());
        }
        settings.connection_write_timeout = timeout;
    }
    if let Some(Size(size)) = block.max_frame_size {
        match u32::try_from(size) {
            Ok(size) if FRAME_SIZES.contains(&size) => settings.max_frame_size = Some(size),
            _ => {
                wrong("max_frame_size", format!("expected from 1KiB to 1MiB, found {size} bytes"));
            }
        }
    }
    if let Some(Size(size)) = block.max_window {
        match u32::try_from(size) {
            Ok(window) if window >= INITIAL_WINDOW => settings.max_window = window,
            _ => {
                let message = format!(
                    "expected from 256KiB (every stream starts with that) to 4294967295 bytes, found {size} bytes"
                );
                wrong("max_window", message);
            }
        }
    }
}

/// Sizes that every implementation with this setting supports: go-yamux includes the header and takes at least 1024.
const FRAME_SIZES: std::ops::RangeInclusive<u32> = 1024..=1 << 20;
