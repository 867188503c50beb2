//! Reduces words to their stems, so that "writes", "writing" and "written" are one.

/// The stem of a word in lower case.
pub(super) fn stem(word: &str) -> String {
    let word = IRREGULAR.iter().find(|(form, _)| *form == word).map_or(word, |(_, base)| base);
    let mut stem = word.to_owned();
    let ending = ENDINGS.iter().find(|(ending, _)| {
        word.strip_suffix(ending).is_some_and(|rest| rest.chars().count() >= 3)
    });
    if let Some((ending, instead)) = ending {
        stem.truncate(word.len() - ending.len());
        stem.push_str(instead);
    }
    // "dropped" is "drop", and "stalled" becomes the stem of "stall".
    let mut last = stem.chars().rev();
    if stem.chars().count() > 3 && last.next() == last.next() {
        stem.pop();
    }
    if stem.chars().count() > 3 && stem.ends_with('e') {
        stem.pop();
    }
    stem
}

/// The longest ending that fits is removed; the second word replaces it.
const ENDINGS: [(&str, &str); 12] = [
    ("ments", ""),
    ("ment", ""),
    ("ings", ""),
    ("ing", ""),
    ("edly", ""),
    ("ed", ""),
    ("ers", ""),
    ("er", ""),
    ("ies", "y"),
    ("es", ""),
    ("s", ""),
    ("ly", ""),
];

/// Forms that no ending covers.
const IRREGULAR: [(&str, &str); 31] = [
    ("began", "begin"),
    ("begun", "begin"),
    ("broke", "break"),
    ("broken", "break"),
    ("came", "come"),
    ("dead", "die"),
    ("death", "die"),
    ("dies", "die"),
    ("dying", "die"),
    ("forgot", "forget"),
    ("forgotten", "forget"),
    ("gave", "give"),
    ("given", "give"),
    ("gone", "go"),
    ("goes", "go"),
    ("held", "hold"),
    ("hung", "hang"),
    ("ids", "id"),
    ("kept", "keep"),
    ("left", "leave"),
    ("loss", "lose"),
    ("lost", "lose"),
    ("saw", "see"),
    ("seen", "see"),
    ("sent", "send"),
    ("stuck", "stick"),
    ("taken", "take"),
    ("took", "take"),
    ("woken", "wake"),
    ("written", "write"),
    ("wrote", "write"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_a_word_are_one() {
        for forms in [
            &["write", "writes", "writing", "written", "wrote", "writer"][..],
            &["stall", "stalls", "stalled", "stalling"],
            &["drop", "dropped", "drops"],
            &["close", "closes", "closed", "closing", "closer"],
            &["lose", "lost", "loss", "losing"],
            &["acknowledge", "acknowledged", "acknowledgement"],
        ] {
            let stems: Vec<String> = forms.iter().map(|form| stem(form)).collect();
            assert!(stems.iter().all(|one| *one == stems[0]), "{stems:?}");
        }
        assert_ne!(stem("read"), stem("reset"));
    }
}
