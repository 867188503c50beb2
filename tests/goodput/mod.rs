//! Goodput on the built-in yamux: what a window allows, and the same each time.

use serde_json::Value;

use crate::harness::Workspace;

fn goodput(more: &[&str]) -> Value {
    let base = ["goodput", "built-in", "--size", "4", "--format", "json"];
    let ran = Workspace::new().run(&[&base, more].concat());
    ran.assert_code(0);
    serde_json::from_str(&ran.stdout).expect("one JSON object")
}

#[test]
fn a_window_bounds_what_moves_in_a_round_trip() {
    let told =
        goodput(&["--streams", "1", "--rtt", "200", "--rate", "any", "--window", "256,1024"]);
    let links = told["movers"][0]["links"].as_array().expect("links");
    let bits: Vec<u64> =
        links.iter().map(|one| one["figures"]["goodput_bits"].as_u64().expect("bits")).collect();
    // A window in each round trip is 10.5 and 41.9 Mbit/s; the first takes half of one.
    assert!((9_000_000..11_200_000).contains(&bits[0]), "{bits:?}");
    assert!((30_000_000..45_000_000).contains(&bits[1]), "{bits:?}");
    assert_eq!(links[0]["figures"]["stall_reason"], "no_credit");
    assert_eq!(links[0]["figures"]["most_under_way"], 256 << 10);
}

#[test]
fn a_rate_is_an_upper_bound_and_a_large_window_comes_near_it() {
    let told = goodput(&["--streams", "1,8", "--rtt", "20", "--rate", "100", "--window", "1024"]);
    for link in told["movers"][0]["links"].as_array().expect("links") {
        let bits = link["figures"]["goodput_bits"].as_u64().expect("bits");
        assert!((85_000_000..100_000_000).contains(&bits), "{link}");
    }
    let frames = &told["movers"][0]["frames"];
    assert_eq!((&frames["sends"], &frames["refuses"]), (&(16 << 10).into(), &Value::Null));
}

#[test]
fn two_runs_tell_the_same() {
    let run = || goodput(&["--rtt", "60", "--rate", "10", "--window", "256"]);
    assert_eq!(run(), run());
}
