//! Keeps the scenarios of surprises as files, of which none replaces another.

use std::path::{Path, PathBuf};

use crate::system::input::text_if_there;
use crate::system::sink::{path_name, write_file};

/// Writes the scenario as `name.json` into the folder; where another one is called so, as `name-2.json`. One that differs in
/// nothing but its note is there already.
pub(super) fn keep(folder: &Path, name: &str, scenario: &str) -> Result<PathBuf, String> {
    for number in 1..=MOST_OF_A_NAME {
        let name = if number == 1 { name.to_owned() } else { format!("{name}-{number}") };
        let path = folder.join(name + ".json");
        match text_if_there(&path) {
            Ok(None) => {
                let failed = |error| format!("{}: {error}", path_name(&path));
                return write_file(&path, scenario.as_bytes())
                    .map(|()| path.clone())
                    .map_err(failed);
            }
            Ok(Some(text)) if without_note(&text).eq(without_note(scenario)) => return Ok(path),
            // Whatever else has that name stays.
            Ok(Some(_)) | Err(_) => {}
        }
    }
    Err(format!("{}: there are {MOST_OF_A_NAME} files called {name} already", path_name(folder)))
}

fn without_note(scenario: &str) -> impl Iterator<Item = &str> {
    scenario.lines().filter(|line| !line.starts_with("  \"note\": "))
}

/// Nobody reads more.
const MOST_OF_A_NAME: usize = 100;

#[cfg(test)]
mod tests {
    use super::keep;

    #[test]
    fn no_file_replaces_another_and_none_is_there_twice() {
        let folder = tempfile::tempdir().unwrap();
        let text =
            |note: &str, steps: &str| format!("{{\n  \"note\": \"{note}\",\n  {steps}\n}}\n");
        let keep = |note, steps| {
            let path = keep(folder.path(), "fin-01-debts-fin", &text(note, steps)).unwrap();
            path.file_name().unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(keep("a", "1"), "fin-01-debts-fin.json");
        assert_eq!(keep("b", "2"), "fin-01-debts-fin-2.json");
        assert_eq!(keep("c", "1"), "fin-01-debts-fin.json");
        assert_eq!(keep("d", "2"), "fin-01-debts-fin-2.json");
        let first = std::fs::read_to_string(folder.path().join("fin-01-debts-fin.json")).unwrap();
        assert_eq!(first, text("a", "1"), "it stays as it was");
    }
}
