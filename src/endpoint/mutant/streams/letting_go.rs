//! Wrong ends: what becomes of a stream whose handle the application lets go of. Pure.

use crate::endpoint::mutant::Mutant;
use crate::endpoint::mutant::decorator::wrong::wrong;
use crate::endpoint::mutant::vocabulary::calls::done;
use crate::endpoint::{CallResult, Done};
use crate::scenario::Action;
use crate::yamux::frame::Flags;

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "dropped-open-says-nothing",
        clause: "DROP-01",
        wrong: "says nothing of a stream that is let go before it is acknowledged",
        make: || {
            wrong::<bool>()
                .incoming(|is_acked, _, frame, pass| {
                    *is_acked |= frame.acknowledges();
                    pass.push(frame);
                })
                .outgoing(|is_acked, _, frame, pass| {
                    *is_acked |= frame.acknowledges();
                    pass.push(frame);
                })
                .call(|is_acked, _, request| {
                    let is_silent = !*is_acked && is_drop(&request.action);
                    is_silent.then(done)
                })
                .boxed()
        },
    },
    Mutant {
        name: "dropped-stream-leaves-its-writer",
        clause: "DROP-02",
        wrong: "sends no RST for what nobody will read once a stream is let go",
        make: || {
            wrong::<bool>()
                .call(|is_let_go, _, request| {
                    *is_let_go |= is_drop(&request.action);
                    None
                })
                .outgoing(|is_let_go, _, frame, pass| {
                    if !(*is_let_go && frame.has(Flags::RST)) {
                        pass.push(frame);
                    }
                })
                .boxed()
        },
    },
    Mutant {
        name: "dropped-stream-is-counted",
        clause: "LIM-07",
        wrong: "counts a stream that was let go for ever",
        make: || {
            wrong::<u32>()
                .call(|let_go, _, request| {
                    *let_go += u32::from(is_drop(&request.action));
                    None
                })
                .result(|let_go, _, _, mut result| {
                    if let CallResult::Done(Done { streams: Some(streams), .. }) = &mut result {
                        *streams += *let_go;
                    }
                    Some(result)
                })
                .boxed()
        },
    },
];

const fn is_drop(action: &Action) -> bool {
    matches!(action, Action::Drop { .. })
}
