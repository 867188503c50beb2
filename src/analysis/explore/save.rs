//! Saves the scenarios of surprises as files, and never replaces one.

use std::path::{Path, PathBuf};

use crate::system::input::text_if_there;
use crate::system::sink::{path_name, write_file};

/// Writes the scenario to `name.json` in the folder, or to `name-2.json` and so on if there is another one of that name. A file
/// that differs in its note alone counts as this scenario.
pub(super) fn save(folder: &Path, name: &str, scenario: &str) -> Result<PathBuf, String> {
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
            // Another file, readable or not, stays as it is.
            Ok(Some(_)) | Err(_) => {}
        }
    }
    Err(format!(
        "{}: there are {MOST_OF_A_NAME} files of the name {name} already",
        path_name(folder)
    ))
}

fn without_note(scenario: &str) -> impl Iterator<Item = &str> {
    scenario.lines().filter(|line| !line.starts_with("  \"note\": "))
}

/// Nobody reads more files of one name.
const MOST_OF_A_NAME: usize = 100;

#[cfg(test)]
mod tests {
    use super::save;

    #[test]
    fn no_file_replaces_another_and_none_is_there_twice() {
        let folder = tempfile::tempdir().unwrap();
        let text =
            |note: &str, steps: &str| format!("{{\n  \"note\": \"{note}\",\n  {steps}\n}}\n");
        let save = |note, steps| {
            let path = save(folder.path(), "fin-01-debts-fin", &text(note, steps)).unwrap();
            path.file_name().unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(save("a", "1"), "fin-01-debts-fin.json");
        assert_eq!(save("b", "2"), "fin-01-debts-fin-2.json");
        assert_eq!(save("c", "1"), "fin-01-debts-fin.json");
        assert_eq!(save("d", "2"), "fin-01-debts-fin-2.json");
        let first = std::fs::read_to_string(folder.path().join("fin-01-debts-fin.json")).unwrap();
        assert_eq!(first, text("a", "1"), "it stays as it was");
    }
}
