//! Documents about hosts: `nodedevxml2xml`.

use virt_sdk::model::NodeDeviceConfig;
use virt_sdk::model::node_device::{NestedCapabilityKind, NodeCapabilityKind};
use virt_testkit::corpus::{Case, Corpus};

use crate::compare::same;
use crate::relaxng::stays_valid;
use crate::verdict::Verdict;

const SCHEMA: &str = "nodedev.rng";

/// `nodedevxml2xml`: a device is read and given back as libvirt does.
pub(crate) fn node_device(corpus: &Corpus, case: &Case) -> Verdict {
    let (Some(input), Some(expected)) = (case.input_file(), case.expected_file()) else {
        return Verdict::Unsupported("the case is not one file and its outcome");
    };
    if !corpus.path(input).exists() || !corpus.path(expected).exists() {
        return Verdict::Unsupported("its files are not part of the corpus");
    }
    given_back(corpus, input, expected).into()
}

fn given_back(corpus: &Corpus, input: &str, expected: &str) -> Result<(), String> {
    let text = corpus.read(input)?;
    let device = NodeDeviceConfig::from_xml(&text).map_err(|error| error.to_string())?;
    device.validate().map_err(|error| error.to_string())?;
    let mut normalized = device.normalized();
    if normalized.normalized() != normalized {
        return Err("normalized twice it is something else".to_owned());
    }
    stays_valid(corpus, SCHEMA, &text, &normalized.to_xml())?;
    count_blocks(&mut normalized);
    same(&normalized.to_xml(), &corpus.read(expected)?)
}

/// libvirt's test stands in for the disk: it says how long blocks are, which documents never do.
fn count_blocks(device: &mut NodeDeviceConfig) {
    for storage in &mut device.capabilities {
        if storage.kind != Some(NodeCapabilityKind::Storage) {
            continue;
        }
        let blocks =
            |size: Option<u64>, block: u64| Some(size.unwrap_or(0) / block).filter(|count| *count > 0);
        if storage.nested(&NestedCapabilityKind::Removable).is_none() {
            storage.logical_block_size = Some(512);
            storage.num_blocks = blocks(storage.size, 512);
        }
        for media in &mut storage.capabilities {
            if media.kind == Some(NestedCapabilityKind::Removable) && media.media_available == Some(1) {
                media.logical_block_size = Some(2048);
                media.num_blocks = blocks(media.media_size, 2048);
            }
        }
    }
}
