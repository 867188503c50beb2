//! The list of all mutants, area by area. Pure.

use crate::endpoint::mutant::Mutant;
use crate::endpoint::mutant::sessions::calls;
use crate::endpoint::mutant::sessions::deadlines;
use crate::endpoint::mutant::sessions::giving_up;
use crate::endpoint::mutant::sessions::ping;
use crate::endpoint::mutant::sessions::session;
use crate::endpoint::mutant::streams::accepting;
use crate::endpoint::mutant::streams::close;
use crate::endpoint::mutant::streams::codes;
use crate::endpoint::mutant::streams::half_close;
use crate::endpoint::mutant::streams::letting_go;
use crate::endpoint::mutant::streams::opening;
use crate::endpoint::mutant::streams::reset;
use crate::endpoint::mutant::streams::reuse;
use crate::endpoint::mutant::streams::under_way;
use crate::endpoint::mutant::transfer::carriers;
use crate::endpoint::mutant::transfer::data;
use crate::endpoint::mutant::transfer::fairness;
use crate::endpoint::mutant::transfer::flow;
use crate::endpoint::mutant::transfer::framing;
use crate::endpoint::mutant::transfer::limits;
use crate::endpoint::mutant::transfer::stalled;

/// Every mutant.
pub fn all() -> Vec<Mutant> {
    [
        accepting::MUTANTS,
        calls::MUTANTS,
        carriers::MUTANTS,
        close::MUTANTS,
        codes::MUTANTS,
        data::MUTANTS,
        deadlines::MUTANTS,
        fairness::MUTANTS,
        flow::MUTANTS,
        framing::MUTANTS,
        giving_up::MUTANTS,
        half_close::MUTANTS,
        letting_go::MUTANTS,
        limits::MUTANTS,
        opening::MUTANTS,
        ping::MUTANTS,
        reset::MUTANTS,
        reuse::MUTANTS,
        session::MUTANTS,
        stalled::MUTANTS,
        under_way::MUTANTS,
    ]
    .concat()
}
