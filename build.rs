//! Collects the manifests of the bundled implementations, `shims/NAME/shim.json`, for `target::manifest`.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=shims");
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("shims");
    let mut names = Vec::new();
    for entry in fs::read_dir(&root)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if root.join(&name).join("shim.json").is_file() {
            names.push(name);
        }
    }
    names.sort();
    let mut code = "&[".to_owned();
    for name in names {
        let path = root.join(&name).join("shim.json");
        // Writing to a text cannot fail.
        let _ = writeln!(code, "({name:?}, include_str!({:?})),", path.display().to_string());
    }
    code.push(']');
    fs::write(Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("manifests.rs"), code)
}
