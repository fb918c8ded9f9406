//! The families that are judged, and by what.

use virt_testkit::corpus::{Case, Corpus};

use crate::active;
use crate::domain_status;
use crate::moment;
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
        name: "domainbackupxml2xml",
        judge: moment::backup,
    },
    Family {
        name: "qemudomaincheckpointxml2xml",
        judge: moment::checkpoint,
    },
    Family {
        name: "qemudomainsnapshotxml2xml",
        judge: moment::snapshot,
    },
    Family {
        name: "qemustatusxml2xml",
        judge: domain_status::judge,
    },
    Family {
        name: "qemuxmlactive2xml",
        judge: active::judge,
    },
    Family {
        name: "schema",
        judge: schema::judge,
    },
];
