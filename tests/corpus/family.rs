//! The families that are judged, and by what.

use virt_testkit::corpus::{Case, Corpus};

use crate::network;
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
        name: "networkxml2xml",
        judge: network::network,
    },
    Family {
        name: "networkxml2xmlupdate",
        judge: network::update,
    },
    Family {
        name: "networkportxml2xml",
        judge: network::port,
    },
    Family {
        name: "nwfilterxml2xml",
        judge: network::filter,
    },
    Family {
        name: "nwfilterbindingxml2xml",
        judge: network::binding,
    },
];
