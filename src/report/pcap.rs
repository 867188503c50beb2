//! The frames of a run as a capture (pcapng), one conversation for each case, written at the end of the run.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use crate::engine::Note;
use crate::report::capture::{Capture, Conversation, Remark};
use crate::report::{CaseEvidence, Reporter, RunEvent, headline};
use crate::runner::verdict::{CaseReport, RunId, Verdict};
use crate::system::sink::{escape, path_name, write_file_with};
use crate::trace::{LadderColumn, Trace};

/// Collects the frames, and writes the file at the end of the run or not at all.
#[derive(Debug)]
pub(crate) struct Pcap {
    path: PathBuf,
    seed: u64,
    /// By run and peer, which is the order in the file.
    cases: BTreeMap<(RunId, Option<String>), Captured>,
}

#[derive(Debug)]
struct Captured {
    about: Vec<String>,
    trace: Trace,
    remarks: Vec<Remark>,
    verdict: String,
}

impl Pcap {
    /// A reporter that writes `path`, in whose folder it needs to create a file.
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path, seed: 0, cases: BTreeMap::new() }
    }

    fn finish(&self) -> io::Result<()> {
        write_file_with(&self.path, &mut |out| self.write(out))
            .map_err(|error| io::Error::other(format!("{}: {error}", path_name(&self.path))))
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let about = format!("a run of {} cases, seed {}", self.cases.len(), self.seed);
        let mut capture = Capture::new(out, &about)?;
        for ((run, _), kept) in &self.cases {
            capture.add(&Conversation {
                about: &kept.about,
                subject: run.case.side,
                // Pattern seeds have 32 bits.
                seed: (self.seed ^ (self.seed >> 32)) as u32,
                trace: &kept.trace,
                remarks: &kept.remarks,
                verdict: Some(&kept.verdict),
            })?;
        }
        Ok(())
    }
}

impl Reporter for Pcap {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        match event {
            RunEvent::RunStarted { seed, .. } => self.seed = *seed,
            RunEvent::RunFinished(_) => return self.finish(),
            RunEvent::CaseStarted(_) | RunEvent::CaseFinished(_) | RunEvent::Note(_) => {}
        }
        Ok(())
    }

    fn evidence(&mut self, report: &CaseReport, evidence: &CaseEvidence<'_>) -> io::Result<()> {
        if !report.verdict.is_ran() {
            return Ok(());
        }
        let kept = Captured {
            about: about(report),
            trace: evidence.trace.clone(),
            remarks: evidence.notes.iter().map(remark).collect(),
            verdict: verdict(report),
        };
        self.cases.insert((report.run.clone(), report.peer.clone()), kept);
        Ok(())
    }
}

fn about(report: &CaseReport) -> Vec<String> {
    let peer = report.peer.as_deref().unwrap_or("of the harness");
    [report.run.to_string(), report.title.clone(), format!("the peer: {peer}")]
        .map(|text| escape(&text).into_owned())
        .to_vec()
}

fn remark(note: &Note) -> Remark {
    let who = match note.rung.place {
        LadderColumn::Subject => "subject: ",
        LadderColumn::Peer => "peer: ",
        LadderColumn::Note | LadderColumn::Wire(_) => "",
    };
    let text = format!("{}: {who}{}", note.rung.time, note.rung.text);
    Remark { frames_before: note.frames_before, text: escape(&text).into_owned() }
}

fn verdict(report: &CaseReport) -> String {
    let why = match &report.verdict {
        Verdict::Fail(failure) | Verdict::Died(_, failure) | Verdict::KnownFail { failure, .. } => {
            format!(
                "; {}: expected {}, observed {}",
                failure.clause, failure.expected, failure.observed
            )
        }
        _ => String::new(),
    };
    escape(&format!("{}{why}", headline(report))).into_owned()
}
