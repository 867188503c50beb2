//! The list of all mutants, area by area. Pure.

use crate::endpoint::mutant::Mutant;
use crate::endpoint::mutant::sessions::{calls, deadlines, giving_up, ping, session};
use crate::endpoint::mutant::streams::{
    accepting, close, codes, half_close, letting_go, opening, reset, reuse, under_way,
};
use crate::endpoint::mutant::transfer::{carriers, data, fairness, flow, framing, limits, stalled};

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
