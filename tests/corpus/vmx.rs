//! Files of VMware's: what libvirt makes domains of, what it refuses, and what it makes of domains.

use std::sync::Arc;

use virt_esx::vmx::convert::{DatastoreNames, FileNames, FromVmx, ToVmx, from_vmx, to_vmx, update};
use virt_esx::vmx::{Vmx, VmxError};
use virt_sdk::model::DomainConfig;
use virt_sdk::{Error, ErrorKind, Result as SdkResult};
use virt_testkit::corpus::{Case, Corpus};

use crate::compare::same;
use crate::verdict::Verdict;

/// The names of files in libvirt's tests: a datastore that is always there, one that never is, and files that are gone.
#[derive(Debug)]
struct TestNames(DatastoreNames);

impl TestNames {
    fn shared() -> Arc<dyn FileNames> {
        Arc::new(Self(DatastoreNames::new("datastore", "directory")))
    }
}

impl FileNames for TestNames {
    fn path(&self, name: &str) -> SdkResult<String> {
        if let Some(within) = name.strip_prefix("/vmfs/volumes/") {
            let (store, file) = within.split_once('/').unwrap_or((within, ""));
            let is_missing = |name: &str| name == "missing" || name.starts_with("missing.");
            if is_missing(store) || file.split('/').any(is_missing) {
                return Err(Error::new(ErrorKind::NotFound, "there is no such file"));
            }
        }
        self.0.path(name)
    }

    fn name(&self, path: &str) -> SdkResult<String> {
        self.0.name(path)
    }

    fn scsi_model(&self, _path: &str) -> SdkResult<Option<String>> {
        Ok(Some("lsilogic".to_owned()))
    }
}

/// A file to a domain.
pub(crate) fn judge_read(corpus: &Corpus, case: &Case) -> Verdict {
    match case.kind.as_str() {
        "error" => refused(corpus, case).into(),
        "convert" => read(corpus, case).into(),
        _ => Verdict::Unsupported("an unknown kind of case"),
    }
}

/// A domain to a file.
pub(crate) fn judge_written(corpus: &Corpus, case: &Case) -> Verdict {
    match case.kind.as_str() {
        "convert" => written(corpus, case).into(),
        _ => Verdict::Unsupported("an unknown kind of case"),
    }
}

fn file(corpus: &Corpus, file: Option<&str>) -> Result<Vmx, String> {
    let path = corpus.path(file.ok_or("the case has no such file")?);
    let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let vmx = Vmx::from_bytes(&bytes).map_err(|error| error.to_string())?;
    match vmx.to_bytes().map_err(|error: VmxError| error.to_string())? == bytes {
        true => Ok(vmx),
        false => Err("it is not written as it was read".to_owned()),
    }
}

fn read(corpus: &Corpus, case: &Case) -> Result<(), String> {
    let vmx = file(corpus, case.input_file())?;
    let expected = corpus.read(case.expected_file().ok_or("the case has no expected file")?)?;
    let told = DomainConfig::from_xml(&expected).map_err(|error| error.to_string())?;
    // Where a machine is in the inventory, the driver knows.
    let mut options = FromVmx::libvirt().with_files(TestNames::shared());
    options.datacenter_path.clone_from(&told.vmware_datacenterpath);
    let moref = told
        .rest
        .elements()
        .find(|element| element.name.local() == "moref");
    options.moref = moref.map(|element| element.text().to_string());
    let ours = from_vmx(&vmx, &options).map_err(|error| error.to_string())?;
    // libvirt calls two disks by one name where they are on two buses, which it refuses of others.
    same(&ours.to_xml(), &expected)?;
    comes_back(&vmx)
}

/// Read completely it is the same file again, and its own domain changes nothing of it.
fn comes_back(vmx: &Vmx) -> Result<(), String> {
    let options = FromVmx::complete().with_files(TestNames::shared());
    let whole = from_vmx(vmx, &options).map_err(|error| format!("completely: {error}"))?;
    let whole = DomainConfig::from_xml(&whole.to_xml()).map_err(|error| format!("completely: {error}"))?;
    whole.validate().map_err(|error| error.to_string())?;
    let back = ToVmx::new().with_files(TestNames::shared());
    let again = to_vmx(&whole, &back).map_err(|error| format!("back: {error}"))?;
    says_the_same(&again, vmx)?;
    says_the_same(vmx, &again)?;
    let updated = update(vmx, &whole, &back).map_err(|error| format!("updated: {error}"))?;
    match updated == *vmx {
        true => Ok(()),
        false => Err("its own domain changes it".to_owned()),
    }
}

/// Whether everything one file says, the other says, too; however they write yes and no, and addresses.
fn says_the_same(one: &Vmx, other: &Vmx) -> Result<(), String> {
    for entry in one.entries() {
        let theirs = other.get(entry.key);
        let ours = one.get(entry.key);
        let is_loose = entry.key.to_ascii_lowercase().ends_with("address")
            || matches!(entry.value.to_ascii_lowercase().as_str(), "true" | "false");
        let is_same = match (ours, theirs) {
            (Some(ours), Some(theirs)) if is_loose => ours.eq_ignore_ascii_case(theirs),
            (ours, theirs) => ours == theirs,
        };
        if !is_same {
            return Err(format!(
                "{} is {ours:?} in the one, {theirs:?} in the other",
                entry.key
            ));
        }
    }
    Ok(())
}

fn refused(corpus: &Corpus, case: &Case) -> Result<(), String> {
    let vmx = file(corpus, case.input_file())?;
    let options = FromVmx::libvirt().with_files(TestNames::shared());
    match from_vmx(&vmx, &options) {
        Ok(_) => Err("it is taken".to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => comes_back(&vmx),
        Err(error) => Err(format!("it is refused for another reason: {error}")),
    }
}

fn written(corpus: &Corpus, case: &Case) -> Result<(), String> {
    let text = corpus.read(case.input_file().ok_or("the case has no input file")?)?;
    let domain = DomainConfig::from_xml(&text).map_err(|error| error.to_string())?;
    let expected = file(corpus, case.expected_file())?;
    // The test says the version of virtual hardware, and so does what it expects.
    let version = expected
        .get("virtualHW.version")
        .and_then(|version| version.parse().ok());
    let options = ToVmx::new()
        .with_hardware_version(version.ok_or("no version is expected")?)
        .with_files(TestNames::shared());
    let ours = to_vmx(&domain, &options).map_err(|error| error.to_string())?;
    let (mine, theirs) = (ours.to_string(), expected.to_string());
    if mine != theirs {
        let mut lines = mine.lines().zip(theirs.lines());
        let first = lines.find(|(mine, theirs)| mine != theirs);
        return Err(match first {
            Some((mine, theirs)) => format!("a line is {mine:?}, expected {theirs:?}"),
            None => format!(
                "{} lines, expected {}",
                mine.lines().count(),
                theirs.lines().count()
            ),
        });
    }
    comes_back(&ours)
}
