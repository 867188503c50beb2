//! The report for browsers: the page of a run, with a matrix of client and server before its cases.

use std::io;

use crate::analysis::interop::{Interop, Tally};
use crate::report::{HtmlCase, HtmlColumn, HtmlHead, HtmlPage, HtmlTarget, seconds};
use crate::runner::Entrant;

/// The report as one page that needs nothing else.
pub(crate) fn html(interop: &Interop) -> io::Result<String> {
    let mut page = HtmlPage::default();
    for meeting in &interop.meetings {
        let (report, sequence) = (&meeting.report, meeting.sequence.clone());
        let pair = Some((meeting.client, meeting.server));
        let place = meeting.client * interop.players.len() + meeting.server;
        // Which of them is the subject does not make a column.
        let column =
            HtmlColumn { place, pair, name: String::new(), under: report.run.clock.to_string() };
        let end = meeting.blamed().map(|end| interop.named(meeting, end));
        page.take(HtmlCase { report, column, sequence, end });
    }
    page.write(&head(interop))
}

fn head(interop: &Interop) -> HtmlHead {
    let Tally { passed, differed, failed, skipped } = interop.total();
    let target = |player: &Entrant| HtmlTarget {
        name: player.name.clone(),
        kind: player.dialect.to_string(),
        description: player.description.clone(),
    };
    let exit = interop.exit().number();
    let facts = [("took", seconds(interop.elapsed)), ("exit code", exit.to_string())];
    HtmlHead {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        counts: format!(
            "{passed} passed, {failed} failed, {differed} lawfully otherwise, {skipped} skipped"
        ),
        is_negative: exit != 0,
        facts: facts.map(|(name, value)| (name.to_owned(), value)).to_vec(),
        targets: interop.players.iter().map(target).collect(),
        notes: interop.left_out.clone(),
        problems: interop.problems.clone(),
        players: interop.players.iter().map(|player| player.name.clone()).collect(),
    }
}
