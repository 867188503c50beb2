//! Asks the build what is linked.

#[path = "../rust/locked.rs"]
mod locked;

fn main() {
    locked::tell("tokio-yamux");
}
