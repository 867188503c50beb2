//! The model agrees with the scenarios: what they expect of the built-in yamux, it finds lawful.

use std::sync::Arc;

use yamux_conform::harness::runner::virtual_time;

use crate::support;

#[test]
fn the_model_objects_to_no_case_of_the_built_in() {
    let mut objections = Vec::new();
    for scenario in support::library().scenarios.into_iter().map(Arc::new) {
        for side in scenario.sides.clone() {
            for remark in virtual_time::run(&scenario, side, 0).remarks() {
                objections.push(format!("{}/{side}: {}: {remark}", scenario.id, remark.clause()));
            }
        }
    }
    assert!(objections.is_empty(), "{}", objections.join("\n"));
}
