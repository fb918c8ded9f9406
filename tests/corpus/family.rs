//! The families that are judged, and by what.

use virt_testkit::corpus::{Case, Corpus};

use crate::domain;
use crate::schema;
use crate::verdict::Verdict;

/// How the cases of a family are judged.
pub(crate) struct Family {
    /// The name in the list of cases.
    pub(crate) name: &'static str,
    /// Judges one case.
    pub(crate) judge: fn(&Corpus, &Case) -> Verdict,
}

/// Every family that is judged; the cases of all others count as unsupported.
pub(crate) const ALL: &[Family] = &[
    Family {
        name: "schema",
        judge: schema::judge,
    },
    Family {
        name: "qemuxmlconf",
        judge: domain::judge_qemu,
    },
    Family {
        name: "genericxml2xml",
        judge: domain::judge_neutral,
    },
    Family {
        name: "lxcxml2xml",
        judge: domain::judge_neutral,
    },
    Family {
        name: "bhyvexml2xml",
        judge: domain::judge_bhyve,
    },
];
