//! Folders shared with the host.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Filesystem, FilesystemSource, FilesystemTarget};

use super::source::Source;

pub(super) fn read(source: &Source<'_>, domain: &mut DomainConfig) -> Result<()> {
    if source.flag("isolation.tools.hgfs.disable")? != Some(false) {
        return Ok(());
    }
    let most = source.number("sharedFolder.maxNum")?.unwrap_or(0);
    let numbers = source.numbers("sharedfolder");
    let mut expected = 0;
    for number in numbers.into_iter().filter(|number| i64::from(*number) < most) {
        // A complete reading makes elements of those that are written under the same numbers again.
        if source.is_complete() && number != expected {
            break;
        }
        if let Some(folder) = source.device(|| read_folder(source, number))? {
            domain.devices_mut().filesystems.push(folder);
            expected += 1;
        }
    }
    Ok(())
}

fn read_folder(source: &Source<'_>, number: u32) -> Result<Option<Filesystem>> {
    let key = |name: &str| format!("sharedFolder{number}.{name}");
    let is_enabled = source.flag(&key("enabled"))?.unwrap_or(false);
    if !source.is_present(&format!("sharedFolder{number}"))? || !is_enabled {
        return Ok(None);
    }
    let mut folder = Filesystem::default();
    folder.kind = Some("mount".to_owned());
    folder.accessmode = Some("passthrough".to_owned());
    let mut host = FilesystemSource::default();
    host.dir = Some(source.needed(&key("hostPath"))?);
    folder.source = Some(host);
    let mut guest = FilesystemTarget::default();
    guest.dir = Some(source.needed(&key("guestName"))?);
    folder.target = Some(guest);
    folder.readonly = source.flag(&key("writeAccess"))? != Some(true);
    Ok(Some(folder))
}
