//! Mutants that mishandle a stream whose handle the application drops. Pure.

use crate::endpoint::mutant::Mutant;
use crate::endpoint::mutant::decorator::wrong::wrong;
use crate::endpoint::mutant::vocabulary::calls::done;
use crate::endpoint::mutant::vocabulary::frames::{ACK, RST, has};
use crate::endpoint::mutant::vocabulary::outcomes::called;
use crate::endpoint::mutant::vocabulary::shapes::sent;
use crate::endpoint::{CallResult, Done};
use crate::scenario::Action;

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "dropped-open-says-nothing",
        clause: "DROP-01",
        wrong: "says nothing of a stream that is let go before it is acknowledged",
        make: || called(is_drop).before(ACK).answered(done),
    },
    Mutant {
        name: "dropped-stream-leaves-its-writer",
        clause: "DROP-02",
        wrong: "sends no RST for what nobody will read once a stream is let go",
        make: || sent(has(RST)).once_called(is_drop).dropped(),
    },
    Mutant {
        name: "dropped-stream-is-counted",
        clause: "LIM-07",
        wrong: "counts a stream that was let go for ever",
        make: || {
            wrong::<u32>()
                .on_call(|let_go, _, call| *let_go += u32::from(is_drop(call)))
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
