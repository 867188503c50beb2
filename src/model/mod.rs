//! What a session may, must and must not do next, clause by clause: an automaton that watches both ends. Pure.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod board;

pub(crate) use board::{Board, StreamOnBoard};
