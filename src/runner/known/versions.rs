//! The versions for which an entry is true: exact versions, and comparisons such as `>=0.13.8, <0.13.10`. Pure.

use std::cmp::Ordering;

use semver::Version;

/// Whether one of these texts includes this version. Only comparisons parse the version; otherwise two versions are equal if
/// written alike.
pub(super) fn mean(texts: &[String], version: &str) -> bool {
    texts.iter().any(|text| match comparisons(text) {
        None => text == version,
        Some(comparisons) => {
            let Ok(version) = parsed(version) else { return false };
            comparisons.iter().all(|one| one.as_ref().is_ok_and(|one| one.holds(&version)))
        }
    })
}

/// The problem with the text of a version or of comparisons.
pub(super) fn complaint(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some(
            "expected a version, or comparisons such as \">=1.2.0, <2.0.0\", found none".into(),
        );
    }
    let comparisons = comparisons(text)?;
    if let Some(wrong) = comparisons.iter().find_map(|one| one.as_ref().err()) {
        return Some(wrong.clone());
    }
    let right: Vec<&VersionBound> =
        comparisons.iter().filter_map(|one| one.as_ref().ok()).collect();
    is_empty(&right).then(|| format!("no version is {text:?}"))
}

/// `>=0.13.8`: a comparison with this version.
#[derive(Debug)]
struct VersionBound {
    sign: BoundSign,
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BoundSign {
    AtLeast,
    AtMost,
    Above,
    Below,
    Equal,
}

impl VersionBound {
    fn read(text: &str) -> Result<Self, String> {
        let signed = SIGNS.iter().find_map(|(name, sign)| Some((sign, text.strip_prefix(name)?)));
        let Some((sign, rest)) = signed else {
            return Err(format!("expected >=, <=, >, < or = before a version, found {text:?}"));
        };
        let rest = rest.trim();
        match parsed(rest) {
            Ok(version) => Ok(Self { sign: *sign, version }),
            Err(why) => {
                Err(format!("expected a version such as 0.13.8 or v0.1.2, found {rest:?}: {why}"))
            }
        }
    }

    /// By the total order of semver: a pre-release, and therefore a pseudo-version of Go, comes before its release.
    fn holds(&self, version: &Version) -> bool {
        let order = version.cmp(&self.version);
        match self.sign {
            BoundSign::AtLeast => order != Ordering::Less,
            BoundSign::AtMost => order != Ordering::Greater,
            BoundSign::Above => order == Ordering::Greater,
            BoundSign::Below => order == Ordering::Less,
            BoundSign::Equal => order == Ordering::Equal,
        }
    }
}

/// The longer signs come first, so that `>=` is not taken for `>`.
const SIGNS: [(&str, BoundSign); 5] = [
    (">=", BoundSign::AtLeast),
    ("<=", BoundSign::AtMost),
    (">", BoundSign::Above),
    ("<", BoundSign::Below),
    ("=", BoundSign::Equal),
];

/// The comparisons of a text; `None` means that it is an exact version.
fn comparisons(text: &str) -> Option<Vec<Result<VersionBound, String>>> {
    let is_comparison = text.contains(['<', '>', '=', ',']);
    is_comparison.then(|| text.split(',').map(|one| VersionBound::read(one.trim())).collect())
}

/// A version, with or without the `v` of Go.
fn parsed(text: &str) -> Result<Version, semver::Error> {
    Version::parse(text.strip_prefix('v').unwrap_or(text))
}

/// Whether two of them exclude every version.
fn is_empty(comparisons: &[&VersionBound]) -> bool {
    let is_lower = |sign| matches!(sign, BoundSign::AtLeast | BoundSign::Above | BoundSign::Equal);
    let is_upper = |sign| matches!(sign, BoundSign::AtMost | BoundSign::Below | BoundSign::Equal);
    let mut lower = comparisons.iter().filter(|one| is_lower(one.sign));
    lower.any(|low| {
        let mut upper = comparisons.iter().filter(|one| is_upper(one.sign));
        upper.any(|high| match low.version.cmp(&high.version) {
            Ordering::Less => false,
            Ordering::Equal => low.sign == BoundSign::Above || high.sign == BoundSign::Below,
            Ordering::Greater => true,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str, version: &str) -> bool {
        assert_eq!(complaint(text), None);
        mean(&[text.to_owned()], version)
    }

    #[test]
    fn a_version_without_a_sign_is_that_version_as_it_is_written() {
        assert!(holds("v0.1.2", "v0.1.2") && !holds("v0.1.2", "0.1.2") && !holds("0.1", "0.1.0"));
        assert!(holds("main at noon", "main at noon"));
    }

    #[test]
    fn every_comparison_of_a_text_must_hold_and_one_text_of_a_list() {
        let range = ">=0.13.8, <0.13.10";
        for (version, expected) in [
            ("0.13.7", false),
            ("0.13.8", true),
            ("0.13.9", true),
            ("0.13.10", false),
            ("v0.13.9", true),
        ] {
            assert_eq!(holds(range, version), expected, "{version}");
        }
        assert!(
            holds("=0.13.8", "v0.13.8")
                && holds("<=0.13.8", "0.13.8")
                && !holds(">0.13.8", "0.13.8")
        );
        let list = ["<0.13.0".to_owned(), "0.14.1".to_owned()];
        assert!(mean(&list, "0.12.1") && mean(&list, "0.14.1") && !mean(&list, "0.14.0"));
        assert!(!mean(&[">=0.1.0".to_owned()], "a checkout"), "nobody knows which that is");
    }

    #[test]
    fn a_pseudo_version_of_go_comes_before_its_release() {
        let pseudo = "v0.1.3-0.20260720063314-e14d7feed381";
        assert!(holds(">v0.1.2, <v0.1.3", pseudo) && !holds(">=v0.1.3", pseudo));
        assert!(holds(">=v0.1.3-0.20260101000000-000000000000", pseudo));
        assert!(holds("=v0.1.3-0.20260720063314-e14d7feed381", pseudo) && holds("<0.1.3", pseudo));
    }

    #[test]
    fn what_is_no_version_is_told() {
        for (text, expected) in [
            ("", "expected a version, or comparisons"),
            (
                ">=0.13",
                "found \"0.13\": unexpected end of input while parsing minor version number",
            ),
            (">= , <1.0.0", "found \"\": empty string"),
            ("0.13.8, <1.0.0", "expected >=, <=, >, < or = before a version, found \"0.13.8\""),
            (">=0.1.0,", "before a version, found \"\""),
            ("=>0.1.0", "found \">0.1.0\""),
            (">=0.2.0, <0.1.0", "no version is \">=0.2.0, <0.1.0\""),
            (">0.1.0, <=0.1.0", "no version is"),
        ] {
            let told = complaint(text).unwrap_or_default();
            assert!(told.contains(expected), "{text:?}: {told}");
        }
    }
}
