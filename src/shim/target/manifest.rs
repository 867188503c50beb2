//! `Manifest`: a bundled implementation, how its shim is built, and how it is started: `shims/NAME/shim.json`.

use std::collections::BTreeMap;

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use crate::scenario::Dialect;

/// A bundled implementation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// Where this schema is, for editors.
    #[serde(rename = "$schema", default)]
    #[expect(dead_code, reason = "only editors read it")]
    schema: Option<String>,
    /// The library as its package registry calls it.
    pub library: String,
    /// The version that the shim's own files pin, whose golden traces and ledger are kept.
    pub version: String,
    /// What it is judged by beyond what every yamux must do.
    pub dialect: Dialect,
    /// Whether it is what others are compared with. At most one implementation is.
    #[serde(default)]
    pub reference: bool,
    /// What it is built with.
    pub toolchain: Toolchain,
    /// Folders in `shims/` that its own sources refer to as `../NAME`. They are copied beside it for a build.
    #[serde(default)]
    pub shares: Vec<String>,
    /// Environment variables of every command.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Other ways to build it, by name: environment variables of the commands that build it, on top of `environment`, and
    /// of the program. A target names one behind a plus sign: `go-hashicorp+race`.
    #[serde(default)]
    pub variants: BTreeMap<String, BTreeMap<String, String>>,
    /// Its program for the live clock.
    pub live: ShimProgram,
    /// Its program for the virtual clock, if it has one of its own.
    #[serde(default)]
    pub lockstep: Option<ShimProgram>,
    /// The command that makes the shim use another version; `{library}` and `{version}` are filled in. Absent is: none can
    /// be chosen.
    #[serde(default)]
    pub use_version: Option<Vec<String>>,
    /// The command that makes the shim use a checkout on this machine; `{library}` and `{checkout}` are filled in. Absent
    /// is: none can be.
    #[serde(default)]
    pub use_checkout: Option<Vec<String>>,
}

/// What a shim is built with.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Toolchain {
    /// The program that must be on PATH.
    pub program: String,
    /// Its arguments to print its version.
    pub version: Vec<String>,
    /// What to do where it is missing.
    pub install: String,
}

/// How a program of a shim is built and started.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShimProgram {
    /// The oldest toolchain it can be built with, as its version command prints it; absent is: any.
    #[serde(default)]
    pub since: Option<String>,
    /// The command that builds it, in a copy of the shim's folder; absent is: the other program's command builds both.
    #[serde(default)]
    pub build: Vec<String>,
    /// The command that starts it; `{folder}` is the folder in which it was built.
    pub start: Vec<String>,
}

impl Manifest {
    /// Every bundled implementation and its name, in order.
    ///
    /// # Panics
    ///
    /// If a manifest is invalid: it was built into this program that way, and must not vanish from the list silently.
    pub(crate) fn all() -> Vec<(&'static str, Self)> {
        let read = |(name, text): &(&'static str, &str)| match serde_json::from_str(text) {
            Ok(manifest) => (*name, manifest),
            Err(error) => panic!("shims/{name}/shim.json: {error}"),
        };
        MANIFESTS.iter().map(read).collect()
    }

    /// The bundled implementation of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find_map(|(other, manifest)| (other == name).then_some(manifest))
    }

    /// The implementation that others are compared with, and its name.
    pub(crate) fn reference() -> Option<(&'static str, Self)> {
        Self::all().into_iter().find(|(_, manifest)| manifest.reference)
    }
}

/// The schema of a manifest, as it stands in `schema/manifest.schema.json`.
pub(crate) fn schema() -> String {
    format!("{:#}\n", schema_for!(Manifest).to_value())
}

/// The manifests as they were when this program was built.
const MANIFESTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/manifests.rs"));

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::shim::target::check_name;

    #[test]
    fn every_manifest_is_right() {
        for (name, text) in MANIFESTS {
            let read = serde_json::from_str::<Manifest>(text);
            assert!(read.is_ok(), "shims/{name}/shim.json: {}", read.unwrap_err());
        }
        let shims = Path::new(env!("CARGO_MANIFEST_DIR")).join("shims");
        for (name, manifest) in Manifest::all() {
            assert!(!manifest.live.build.is_empty(), "{name} has nothing that builds it");
            for variant in manifest.variants.keys() {
                assert!(check_name(variant).is_ok() && !variant.contains('+'), "{name}+{variant}");
            }
            for shared in &manifest.shares {
                let is_name = Path::new(shared).components().count() == 1 && shared != "..";
                assert!(
                    is_name && *shared != name,
                    "{name} shares {shared:?}, which is no other folder's name"
                );
                assert!(
                    shims.join(shared).is_dir(),
                    "{name} shares {shared:?}, which is not there"
                );
            }
        }
        assert_eq!(Manifest::all().iter().filter(|(_, manifest)| manifest.reference).count(), 1);
    }
}
