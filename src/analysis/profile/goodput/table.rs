//! `GoodputReport`: transfers of several implementations as text, Markdown and JSON.

use std::fmt::Write;

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

use crate::analysis::profile::goodput::{FrameLimits, Transfer, TransferFigures, meets_limit};

/// What several implementations move.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct GoodputReport {
    /// The implementations.
    pub movers: Vec<Mover>,
}

/// An implementation, and what it moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Mover {
    /// What `--target` takes for it.
    pub name: String,
    /// What it is, with its version.
    pub description: String,
    /// Why it was not asked; `null` is: it was.
    pub not_asked: Option<String>,
    /// Its transfers.
    pub links: Vec<LinkRow>,
    /// Its largest frames; `null` where it was not asked.
    pub frames: Option<FrameLimits>,
}

/// A transfer and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct LinkRow {
    /// The link.
    pub link: Transfer,
    /// What was seen; `null` where not everything arrived.
    pub figures: Option<TransferFigures>,
    /// How many bytes were sent.
    pub sent: u64,
    /// What went wrong, where something did.
    pub trouble: Option<String>,
}

/// The report for a terminal.
pub(crate) fn text(report: &GoodputReport) -> String {
    told(report, &|rows| {
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
        let mut out = String::new();
        for row in rows {
            let cells = row.iter().enumerate();
            let line: Vec<String> = cells
                .map(|(column, cell)| format!("{cell:>0$}", width(column).unwrap_or(0)))
                .collect();
            let _ = writeln!(out, "  {}", line.join("  "));
        }
        out
    })
}

/// The report in Markdown.
pub(crate) fn markdown(report: &GoodputReport) -> String {
    told(report, &|rows| {
        let mut out = String::new();
        for (number, row) in rows.iter().enumerate() {
            let _ = writeln!(out, "| {} |", row.join(" | "));
            if number == 0 {
                let _ = writeln!(out, "|{}", "---|".repeat(row.len()));
            }
        }
        out
    })
}

/// The schema of the report as JSON.
pub(crate) fn goodput_schema() -> Schema {
    schema_for!(GoodputReport)
}

fn told(report: &GoodputReport, table: &dyn Fn(&[Vec<String>]) -> String) -> String {
    let mut out = String::new();
    for mover in &report.movers {
        let _ = writeln!(out, "{} ({})\n", mover.name, mover.description);
        match &mover.not_asked {
            Some(why) => _ = writeln!(out, "not asked: {why}"),
            None => out += &table(&links(mover)),
        }
        out.push('\n');
    }
    let rows = frames(report);
    if rows.len() > 1 {
        out += "Largest data frames\n\n";
        out += &table(&rows);
    }
    format!("{}\n", out.trim_end())
}

fn links(mover: &Mover) -> Vec<Vec<String>> {
    let head = [
        "streams",
        "RTT",
        "rate",
        "max window",
        "goodput",
        "of the rate",
        "window",
        "under way",
        "bandwidth x delay",
        "longest stall",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(mover.links.iter().map(row));
    rows
}

fn row(row: &LinkRow) -> Vec<String> {
    let Transfer { streams, rtt_ms, bits_per_second, window, .. } = row.link;
    let own = || "its own".to_owned();
    let mut cells = vec![
        streams.to_string(),
        format!("{rtt_ms} ms"),
        bits_per_second.map_or_else(|| "any".to_owned(), bits),
        window.map_or_else(own, |window| bytes(window.into())),
    ];
    let Some(seen) = &row.figures else {
        let stops = || format!("stops after {}", bytes(row.sent));
        cells.push(row.trouble.clone().unwrap_or_else(stops));
        cells.resize(10, "-".to_owned());
        return cells;
    };
    cells.push(seen.goodput_bits.map_or_else(|| "no time".to_owned(), bits));
    let part = |rate: u64| format!("{} %", seen.goodput_bits.unwrap_or(rate) * 100 / rate.max(1));
    cells.push(bits_per_second.map_or_else(|| "-".to_owned(), part));
    cells.push(match (seen.first_window, seen.most_window) {
        (first, most) if first == most => bytes(most),
        (first, most) => format!("{} to {}", bytes(first), bytes(most)),
    });
    cells.push(bytes(seen.most_under_way));
    cells.push(row.link.bandwidth_delay().map_or_else(|| "-".to_owned(), bytes));
    cells.push(match seen.stall_reason {
        Some(reason) => format!("{} ({})", millis(seen.longest_stall_ns), reason.words()),
        None => "none".to_owned(),
    });
    cells
}

fn frames(report: &GoodputReport) -> Vec<Vec<String>> {
    let head = ["implementation", "sends", "takes", "does not take", "not taken by"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let asked: Vec<(&str, &FrameLimits)> = report
        .movers
        .iter()
        .filter_map(|mover| Some((mover.name.as_str(), mover.frames.as_ref()?)))
        .collect();
    for (name, own) in &asked {
        let refusing = asked.iter().filter(|(_, other)| meets_limit(own, other));
        let refusing: Vec<&str> = refusing.map(|(other, _)| *other).collect();
        rows.push(vec![
            (*name).to_owned(),
            bytes(own.sends.into()),
            bytes(own.takes.into()),
            own.refuses.map_or_else(|| "none".to_owned(), |size| bytes(size.into())),
            if refusing.is_empty() { "nobody".to_owned() } else { refusing.join(", ") },
        ]);
    }
    rows
}

/// `1.5 MiB`, to a tenth.
fn bytes(bytes: u64) -> String {
    match bytes {
        ..1024 => format!("{bytes} B"),
        1024..0x10_0000 => tenths(bytes * 10 / 1024, "KiB"),
        _ => tenths(bytes * 10 / (1 << 20), "MiB"),
    }
}

/// `94.3 Mbit/s`.
fn bits(bits: u64) -> String {
    match bits {
        ..1_000_000 => tenths(bits / 100, "kbit/s"),
        1_000_000..1_000_000_000 => tenths(bits / 100_000, "Mbit/s"),
        _ => tenths(bits / 100_000_000, "Gbit/s"),
    }
}

fn millis(nanos: u64) -> String {
    tenths(nanos / 100_000, "ms")
}

fn tenths(tenths: u64, unit: &str) -> String {
    match (tenths / 10, tenths % 10) {
        (whole, 0) => format!("{whole} {unit}"),
        (whole, tenth) => format!("{whole}.{tenth} {unit}"),
    }
}
