//! `Meta`: the first lines of a trace file, which identify the trace. Pure.

use std::str::FromStr;

use crate::trace::TextError;

/// The head of a trace file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// The scenario id and the side: `half-close/write-stalls.client`. One line.
    pub case: String,
    /// The implementation whose trace it is. One line.
    pub target: String,
    /// The clock it was recorded on.
    pub clock: Clock,
    /// How it is written down.
    pub form: Form,
}

/// A clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, strum::Display)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// Time jumps to the next moment; two runs give the same trace.
    Virtual,
    /// Real time; two runs agree in meaning only.
    Live,
}

/// How a trace is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum Form {
    /// Every frame, with its time.
    Exact,
    /// What the frames mean.
    Canonical,
}

/// A line of a file with its number, from 1.
pub(crate) type NumberedLine<'a> = (u32, &'a str);

impl Meta {
    /// The header lines, each with its line feed.
    pub fn write(&self) -> String {
        let Self { case, target, clock, form } = self;
        format!(
            "{FIRST_LINE}\n# case: {case}\n# target: {target}\n# clock: {clock}\n# form: {form}\n"
        )
    }

    /// Reads the header lines, and returns the lines after them, each with its number.
    pub fn read(text: &str) -> Result<(Self, Vec<NumberedLine<'_>>), TextError> {
        let mut lines = (1..).zip(text.lines()).peekable();
        let first = lines.next().map_or("", |(_, line)| line.trim_end());
        if first != FIRST_LINE {
            return Err(TextError::new(1, format!("expected {FIRST_LINE:?}, found {first:?}")));
        }
        let mut found = FoundMeta::default();
        while let Some((number, line)) = lines.next_if(|(_, line)| line.starts_with('#')) {
            found.take(line).map_err(|message| TextError::new(number, message))?;
        }
        let end = lines.peek().map_or(1, |(number, _)| *number);
        let missing =
            |key: &str| TextError::new(end, format!("expected \"# {key}: …\" above this"));
        let meta = Self {
            case: found.case.ok_or_else(|| missing("case"))?,
            target: found.target.ok_or_else(|| missing("target"))?,
            clock: found.clock.ok_or_else(|| missing("clock"))?,
            form: found.form.ok_or_else(|| missing("form"))?,
        };
        Ok((meta, lines.filter(|(_, line)| !line.trim().is_empty()).collect()))
    }
}

/// The header lines read so far.
#[derive(Default)]
struct FoundMeta {
    case: Option<String>,
    target: Option<String>,
    clock: Option<Clock>,
    form: Option<Form>,
}

impl FoundMeta {
    fn take(&mut self, line: &str) -> Result<(), String> {
        let wrong = || format!("expected \"# key: value\", found {line:?}");
        let (key, value) =
            line.strip_prefix("# ").and_then(|line| line.split_once(": ")).ok_or_else(wrong)?;
        let value = value.trim();
        match key {
            "case" => set(&mut self.case, key, value.to_owned()),
            "target" => set(&mut self.target, key, value.to_owned()),
            "clock" => set(&mut self.clock, key, value.parse()?),
            "form" => set(&mut self.form, key, value.parse()?),
            _ => Err(format!("expected case, target, clock or form, found {key:?}")),
        }
    }
}

fn set<T>(place: &mut Option<T>, key: &str, value: T) -> Result<(), String> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("expected one line for {key}, found a second one")),
    }
}

impl FromStr for Clock {
    type Err = String;

    /// Parses the output of `Display`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "virtual" => Ok(Self::Virtual),
            "live" => Ok(Self::Live),
            _ => Err(format!("expected virtual or live, found {text:?}")),
        }
    }
}

impl FromStr for Form {
    type Err = String;

    /// Parses the output of `Display`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "exact" => Ok(Self::Exact),
            "canonical" => Ok(Self::Canonical),
            _ => Err(format!("expected exact or canonical, found {text:?}")),
        }
    }
}

const FIRST_LINE: &str = "# yamux-conform trace v1";

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Meta::read(text).map(|(meta, _)| meta).expect_err("a wrong header").to_string()
    }

    #[test]
    fn a_header_reads_back_and_the_lines_behind_it_keep_their_numbers() {
        let meta = Meta {
            case: "data/echo.server".to_owned(),
            target: "hashicorp".to_owned(),
            clock: Clock::Live,
            form: Form::Canonical,
        };
        let text = format!("{}\none\n\ntwo\n", meta.write());
        assert_eq!(Meta::read(&text), Ok((meta, vec![(7, "one"), (9, "two")])));
    }

    #[test]
    fn an_error_names_its_line_and_what_was_expected() {
        assert_eq!(error(""), "line 1: expected \"# yamux-conform trace v1\", found \"\"");
        let begin = "# yamux-conform trace v1\n# case: a\n";
        assert_eq!(
            error(&format!("{begin}# colour: red\n")),
            "line 3: expected case, target, clock or form, found \"colour\""
        );
        assert_eq!(
            error(&format!("{begin}# clock: sun\n")),
            "line 3: expected virtual or live, found \"sun\""
        );
        assert_eq!(
            error(&format!("{begin}# case: b\n")),
            "line 3: expected one line for case, found a second one"
        );
        assert_eq!(
            error(&format!("{begin}0.000 x\n")),
            "line 3: expected \"# target: …\" above this"
        );
    }
}
