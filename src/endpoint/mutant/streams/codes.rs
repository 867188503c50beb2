//! Mutants with wrong codes of resets and go-aways. Pure.

use crate::endpoint::mutant::vocabulary::frames::RST;
use crate::endpoint::mutant::vocabulary::outcomes::ended;
use crate::endpoint::mutant::vocabulary::shapes::sent;
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::scenario::ErrorClass;

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "reset-without-its-code",
        clause: "RST-42",
        wrong: "resets with code 0, whatever code its application gives",
        make: || sent(|frame| frame.has(RST) && !frame.is_data()).changed(WholeFrame::clear_length),
    },
    Mutant {
        name: "code-of-a-reset-kept-back",
        clause: "RST-43",
        wrong: "tells its application code 0 for every reset of its peer",
        make: || tells(ErrorClass::StreamReset, |_| Some(0)),
    },
    Mutant {
        name: "no-code-where-it-is-zero",
        clause: "RST-43",
        wrong: "tells its application no code where that is 0",
        make: || tells(ErrorClass::StreamReset, |told| told.filter(|code| *code != 0)),
    },
    Mutant {
        name: "go-away-without-its-code",
        clause: "GOA-41",
        wrong: "says go away with code 0, whatever code its application gives",
        make: || sent(WholeFrame::is_go_away).changed(WholeFrame::clear_length),
    },
    Mutant {
        name: "code-of-a-go-away-kept-back",
        clause: "GOA-42",
        wrong: "does not tell its application with which code its peer has ended the session",
        make: || tells(ErrorClass::RemoteGoAway, |_| None),
    },
];

/// Reports another code with this error to the application.
fn tells(error: ErrorClass, change: fn(Option<u32>) -> Option<u32>) -> Box<dyn Tamper> {
    ended(|_| true).with(error).retold(move |done| done.told = change(done.told))
}
