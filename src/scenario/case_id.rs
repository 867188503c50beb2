//! `CaseId`: a scenario with the side of the subject, as reports name it. Pure.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::yamux::frame::Side;

/// A scenario with the side of the subject: `half-close/write-stalls/client`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseId {
    /// The scenario's id.
    pub scenario: Arc<str>,
    /// The side the subject plays.
    pub side: Side,
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.scenario, self.side)
    }
}

impl FromStr for CaseId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (scenario, side) = text.rsplit_once('/').unwrap_or((text, ""));
        let side = match side {
            "client" => Side::Client,
            "server" => Side::Server,
            _ => return Err(format!("expected ID/client or ID/server, found {text:?}")),
        };
        Ok(Self { scenario: scenario.into(), side })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_prints_as_it_is_read() {
        let case: CaseId = "half-close/stalls/server".parse().unwrap();
        assert_eq!((&*case.scenario, case.side), ("half-close/stalls", Side::Server));
        assert_eq!(case.to_string(), "half-close/stalls/server");
        assert!("half-close/stalls".parse::<CaseId>().is_err());
    }
}
