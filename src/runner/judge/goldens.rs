//! `Goldens`: the golden traces that a run is compared with. Each is read once, however often its case is repeated.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::runner::golden::{self, Closeness, Golden, GoldenBody, GoldenError, GoldenKey};
use crate::runner::verdict::Clock;
use crate::trace::{
    Canonical, Trace, TraceDiff, canonical, diff_exact, diff_lanes, diff_lanes_uncut, diff_meaning,
};

/// Golden traces by case. The threads of a run share it.
#[derive(Debug)]
pub(crate) struct Goldens {
    root: Option<PathBuf>,
    found: Mutex<HashMap<GoldenKey, Arc<OnceLock<FoundGolden>>>>,
}

type FoundGolden = Result<Option<Arc<KeptTrace>>, GoldenError>;

impl Goldens {
    /// `root` is their folder; `None` if they must not be compared.
    pub(crate) fn new(root: Option<&Path>) -> Self {
        Self { root: root.map(Path::to_owned), found: Mutex::default() }
    }

    /// Their folder.
    pub(crate) fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// The golden trace of a case; `None` if there is none.
    pub(crate) fn find(&self, key: &GoldenKey) -> FoundGolden {
        let Some(root) = &self.root else { return Ok(None) };
        let place = {
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(found.entry(key.clone()).or_default())
        };
        let load = || Ok(golden::load(root, key)?.map(|golden| Arc::new(KeptTrace::from(golden))));
        place.get_or_init(load).clone()
    }
}

/// A trace that others are compared with.
#[derive(Debug)]
pub(crate) struct KeptTrace {
    meaning: Canonical,
    /// The trace itself, if it is from the virtual clock.
    exact: Option<Trace>,
}

impl From<Golden> for KeptTrace {
    fn from(golden: Golden) -> Self {
        match golden.body {
            GoldenBody::Exact(trace) => Self::new(trace, golden.meta.clock),
            GoldenBody::Canonical(meaning) => Self { meaning, exact: None },
        }
    }
}

impl KeptTrace {
    /// A trace recorded on that clock.
    pub(crate) fn new(trace: Trace, clock: Clock) -> Self {
        Self { meaning: canonical(&trace), exact: (clock == Clock::Virtual).then_some(trace) }
    }

    /// Every frame with its time, if known.
    pub(crate) const fn exact(&self) -> Option<&Trace> {
        self.exact.as_ref()
    }

    /// Whether every frame is known with its time.
    pub(crate) const fn is_exact(&self) -> bool {
        self.exact.is_some()
    }

    /// The first difference of a trace: in meaning, and if that is the same, both are from the virtual clock and no race is
    /// involved, lane by lane with all times.
    pub(crate) fn difference(&self, trace: &Trace, is_exact: bool) -> Option<TraceDiff> {
        let exact = self.exact.as_ref().filter(|_| is_exact);
        diff_meaning(&self.meaning, &canonical(trace))
            .or_else(|| exact.and_then(|exact| diff_lanes_uncut(exact, trace)))
    }

    /// The first difference of a trace of the same target: by `closeness`, or in meaning without one.
    pub(crate) fn own_difference(
        &self,
        trace: &Trace,
        closeness: Option<Closeness>,
    ) -> Option<TraceDiff> {
        match (&self.exact, closeness) {
            (Some(exact), Some(Closeness::Entries)) => diff_exact(exact, trace),
            (Some(exact), Some(Closeness::Lanes)) => diff_lanes(exact, trace),
            (None, _) | (_, None) => diff_meaning(&self.meaning, &canonical(trace)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::trace::Form;
    use crate::yamux::frame::Side;

    #[test]
    fn a_golden_is_read_once_and_so_is_one_that_is_wrong() {
        let root = TempDir::new().expect("a folder");
        let key = |id: &str| GoldenKey {
            target: "built-in".to_owned(),
            id: id.to_owned(),
            side: Side::Client,
        };
        let (right, wrong, none) = (key("a/right"), key("a/wrong"), key("a/none"));
        for key in [&right, &wrong] {
            golden::bless(root.path(), key, Clock::Virtual, &Trace::default(), Form::Exact)
                .expect("a golden");
        }
        fs::write(wrong.path(root.path()), "nonsense").expect("a file");
        let goldens = Goldens::new(Some(root.path()));
        let first = goldens.find(&right).expect("a right file").expect("a file");
        let error = goldens.find(&wrong).expect_err("a wrong file");
        assert!(goldens.find(&none).expect("nothing wrong").is_none());
        fs::remove_dir_all(root.path()).expect("it can be removed");
        let again = goldens.find(&right).expect("a right file").expect("a file");
        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!(goldens.find(&wrong).expect_err("a wrong file"), error);
        assert!(goldens.find(&none).expect("nothing wrong").is_none());
        assert!(Goldens::new(None).find(&right).expect("nothing wrong").is_none());
    }
}
