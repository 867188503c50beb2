//! Asks the build what is linked, and for which platform.

#[path = "../rust/locked.rs"]
mod locked;

fn main() {
    locked::tell("yamux");
    println!("cargo::rustc-env=TARGET={}", std::env::var("TARGET").unwrap());
}
