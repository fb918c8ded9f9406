//! Snapshots, checkpoints and backups: read as libvirt's tests read them, written as libvirt writes them.

use virt_sdk::model::checkpoint::{CheckpointDisk, CheckpointDisks};
use virt_sdk::model::domain::devices::Disk;
use virt_sdk::model::moment::MomentDomain;
use virt_sdk::model::moment::MomentParent;
use virt_sdk::model::snapshot::SnapshotState;
use virt_sdk::model::{BackupConfig, CheckpointConfig, DomainConfig, SnapshotConfig};
use virt_sdk::xml::XmlError;
use virt_testkit::corpus::{Case, Corpus};

use crate::compare::same;
use crate::reason;
use crate::relaxng::stays_valid;
use crate::verdict::Verdict;

/// The parent, the ending of file names and the size that libvirt's tests put into documents themselves.
const PARENT: &str = "1525111885";
const SUFFIX: &str = "SUFFIX";
const SIZE: u64 = 1_048_576;

/// The files of a case.
struct Files {
    input: String,
    expected: Option<String>,
}

fn files(corpus: &Corpus, case: &Case) -> Result<Files, Verdict> {
    let Some(input) = case.input_file() else {
        return Err(Verdict::Unsupported("the case has no input file"));
    };
    let read = |file: &str| corpus.read(file).map_err(Verdict::Failed);
    Ok(Files {
        input: read(input)?,
        expected: case.expected_file().map(read).transpose()?,
    })
}

fn has(case: &Case, flag: &str) -> bool {
    let flags = case.flags.as_array();
    flags.is_some_and(|flags| flags.iter().any(|said| said.as_str() == Some(flag)))
}

/// Whether what we made of the document, or that we refuse it, is what is expected.
fn judged(
    corpus: &Corpus,
    case: &Case,
    schema: &str,
    make: fn(&Case, &str) -> Result<String, XmlError>,
) -> Verdict {
    let files = match files(corpus, case) {
        Ok(files) => files,
        Err(verdict) => return verdict,
    };
    let ours = make(case, &files.input);
    if case.kind == "error" {
        return match ours {
            Ok(_) => Verdict::Failed("it is accepted".to_owned()),
            Err(error) => reason::is_same(&error, None).into(),
        };
    }
    let Some(expected) = files.expected else {
        return Verdict::Unsupported("the case has no expected file");
    };
    let ours = ours.map_err(|error| error.to_string());
    let equal = ours.and_then(|ours| same(&ours, &expected).map(|()| ours));
    equal
        .and_then(|ours| stays_valid(corpus, schema, &expected, &ours))
        .into()
}

pub(crate) fn snapshot(corpus: &Corpus, case: &Case) -> Verdict {
    judged(corpus, case, "domainsnapshot.rng", snapshot_of)
}

pub(crate) fn checkpoint(corpus: &Corpus, case: &Case) -> Verdict {
    judged(corpus, case, "domaincheckpoint.rng", checkpoint_of)
}

pub(crate) fn backup(corpus: &Corpus, case: &Case) -> Verdict {
    judged(corpus, case, "domainbackup.rng", backup_of)
}

fn snapshot_of(case: &Case, text: &str) -> Result<String, XmlError> {
    let said = SnapshotConfig::from_xml(text)?;
    let uuid = case
        .uuid
        .as_deref()
        .map(|uuid| uuid.parse().map(MomentDomain::of_uuid));
    let uuid = uuid
        .transpose()
        .map_err(|error| XmlError::invalid(format!("the case's UUID: {error}")))?;
    let mut snapshot = if has(case, "TEST_REDEFINE") {
        said.validate_redefined()?;
        said.with_default_memory()
    } else {
        said.validate()?;
        match time(case) {
            Some(time) => said.as_new().created_at(time),
            None => said.as_new(),
        }
    };
    if has(case, "TEST_RUNNING") {
        snapshot.state = Some(SnapshotState::Running);
    }
    if !has(case, "TEST_INTERNAL") {
        snapshot = snapshot.without_private();
    }
    if !snapshot.domain.as_ref().is_some_and(MomentDomain::is_whole) {
        snapshot.domain = uuid;
    }
    Ok(snapshot.normalized().to_xml())
}

fn checkpoint_of(case: &Case, text: &str) -> Result<String, XmlError> {
    let said = CheckpointConfig::from_xml(text)?;
    let mut checkpoint = if has(case, "TEST_REDEFINE") {
        said.validate_redefined()?;
        said
    } else {
        said.validate()?;
        match time(case) {
            Some(time) => said.as_new().created_at(time),
            None => said.as_new(),
        }
    };
    if has(case, "TEST_PARENT") {
        checkpoint.parent = Some(MomentParent::from(PARENT));
    }
    let name = checkpoint.name.clone();
    let rows = &mut checkpoint
        .disks
        .get_or_insert_with(CheckpointDisks::default)
        .disks;
    if has(case, "TEST_VDA_BITMAP") {
        if rows.is_empty() {
            rows.push(CheckpointDisk::bitmap("vda"));
        }
        if let Some(first) = rows.first_mut() {
            first.bitmap = name;
        }
    }
    checkpoint = checkpoint.without_sizes();
    let mut rows = checkpoint.disks.iter_mut().flat_map(|list| &mut list.disks);
    if has(case, "TEST_SIZE")
        && let Some(first) = rows.next()
    {
        first.size = Some(SIZE);
    }
    Ok(checkpoint.normalized().to_xml())
}

/// Laid beside a domain that has every disk the backup names, and one more.
fn backup_of(_case: &Case, text: &str) -> Result<String, XmlError> {
    let backup = BackupConfig::from_xml(text)?;
    backup.validate()?;
    let named = backup.rows().iter().filter_map(|row| row.name.as_deref());
    let mut domain = DomainConfig::default();
    for name in named.chain(["vdextradisk"]) {
        let disk = Disk::file(format!("/fake/{name}.qcow2")).target(name);
        domain.devices_mut().disks.push(disk);
    }
    let aligned = backup.align(&domain, SUFFIX)?;
    Ok(aligned.normalized().to_xml())
}

fn time(case: &Case) -> Option<i64> {
    case.time.as_deref().and_then(|time| time.parse().ok())
}
