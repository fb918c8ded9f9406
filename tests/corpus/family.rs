//! The families that are judged, and by what.

use virt_testkit::corpus::{Case, Corpus};

use crate::verdict::Verdict;
use crate::{active, domain, domain_status, host, lxc, moment, network, schema, storage, vmx, xen};

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
        name: "bhyvexml2xml",
        judge: domain::judge_bhyve,
    },
    Family {
        name: "domainbackupxml2xml",
        judge: moment::backup,
    },
    Family {
        name: "genericxml2xml",
        judge: domain::judge_neutral,
    },
    Family {
        name: "interfacexml2xml",
        judge: storage::judge_interface,
    },
    Family {
        name: "libxlxml2domconfig",
        judge: xen::judge_libxl,
    },
    Family {
        name: "lxcconf2xml",
        judge: lxc::judge,
    },
    Family {
        name: "lxcxml2xml",
        judge: domain::judge_neutral,
    },
    Family {
        name: "networkportxml2xml",
        judge: network::port,
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
        name: "nodedevxml2xml",
        judge: host::node_device,
    },
    Family {
        name: "nwfilterbindingxml2xml",
        judge: network::binding,
    },
    Family {
        name: "nwfilterxml2xml",
        judge: network::filter,
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
        name: "qemuxmlconf",
        judge: domain::judge_qemu,
    },
    Family {
        name: "schema",
        judge: schema::judge,
    },
    Family {
        name: "secretxml2xml",
        judge: storage::judge_secret,
    },
    Family {
        name: "storagepoolcaps",
        judge: storage::judge_pool_capabilities,
    },
    Family {
        name: "storagepoolxml2xml",
        judge: storage::judge_pool,
    },
    Family {
        name: "storagevolxml2xml",
        judge: storage::judge_volume,
    },
    Family {
        name: "vmx2xml",
        judge: vmx::judge_read,
    },
    Family {
        name: "xlconfig",
        judge: xen::judge_xl,
    },
    Family {
        name: "xmconfig",
        judge: xen::judge_xm,
    },
    Family {
        name: "xml2vmx",
        judge: vmx::judge_written,
    },
];
