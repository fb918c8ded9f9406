//! A domain applied to a file somebody wrote.

use virt_core::Result;
use virt_core::model::DomainConfig;

use super::from_vmx::read;
use super::kept::kept;
use super::lines::{Lines, device_of};
use super::options::{FromVmx, ToVmx};
use super::to_vmx::{Context, elements, hardware};
use crate::vmx::document::Vmx;

/// Applies a domain to the file it is of: what the domain says otherwise than the file is changed in its place; everything
/// else, comments, order, spelling and keys that are unknown here, stays.
///
/// The domain is compared with what the file is as a domain ([`FromVmx::complete`]). Interfaces keep their numbers, which they
/// are known by the addresses of. The keys of a device that is gone go with it, the unknown ones too. Where the domain has kept
/// settings in its metadata, these are compared too; where it has none, nothing is taken for gone that only they could say.
///
/// # Errors
/// As [`to_vmx`](super::to_vmx()).
pub fn update(existing: &Vmx, domain: &DomainConfig, options: &ToVmx) -> Result<Vmx> {
    let reading = FromVmx::complete()
        .with_name(&domain.name)
        .with_files(options.files.clone());
    let (old, new) = compared(existing, domain, &reading, options)?;
    let mut vmx = existing.clone();
    remove_devices(&old, &new, &mut vmx);
    for (key, _) in old.iter().filter(|(key, _)| new.get(key).is_none()) {
        vmx.remove(key);
    }
    for (key, value) in new.iter().filter(|(key, value)| old.get(key) != Some(value)) {
        vmx.set(key, value)?;
    }
    Ok(vmx)
}

/// The lines that an existing file is, as far as a domain says them, and those that the domain makes in their place. What
/// only kept settings say is on both sides, or on none where the domain has none.
pub(crate) fn compared(
    existing: &Vmx,
    domain: &DomainConfig,
    reading: &FromVmx,
    options: &ToVmx,
) -> Result<(Lines, Lines)> {
    let (before, known) = read(existing, reading)?;
    let known = known.unwrap_or_default();
    let said = kept(domain)?;
    let lines = |domain: &DomainConfig, hardware: u32| {
        let context = Context {
            hardware,
            files: options.files.as_ref(),
            kept: &known,
        };
        elements(domain, &context)
    };
    let mut old = lines(&before, hardware(&ToVmx::new(), &known)?)?;
    let mut new = lines(domain, hardware(options, &known)?)?;
    if let Some(said) = &said {
        let mut said = said.clone();
        // Those of the file are the ones settings are about.
        said.interfaces.clone_from(&known.interfaces);
        old = old.with(&known);
        new = new.with(&said);
    }
    Ok((old, new))
}

/// Removes every line of devices that are no more.
fn remove_devices(old: &Lines, new: &Lines, vmx: &mut Vmx) {
    let devices = old.iter().filter_map(|(key, _)| {
        let name = key.to_ascii_lowercase();
        device_of(key).filter(|_| name.ends_with(".present"))
    });
    for device in devices.filter(|device| old.is_present(device) && !new.is_present(device)) {
        vmx.remove_prefix(&format!("{device}."));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{from_vmx, set_kept};
    use super::*;

    const EXISTING: &str = "#!/usr/bin/vmware\nconfig.version = \"8\"\nvirtualHW.version = \"17\"\nDisplayName=\"web\"\nmemSize = \
                            \"1024\"\nguestOS = \"rhel9-64\"\n# network\nethernet0.present = \"TRUE\"\nethernet0.networkName \
                            = \"a\"\nethernet0.addressType = \"vpx\"\nethernet0.generatedAddress = \
                            \"00:50:56:80:00:01\"\nethernet0.pciSlotNumber = \"192\"\nethernet2.present = \
                            \"TRUE\"\nethernet2.networkName = \"b\"\nethernet2.addressType = \
                            \"vpx\"\nethernet2.generatedAddress = \"00:50:56:80:00:02\"\nethernet2.pciSlotNumber = \
                            \"193\"\nscsi0.present = \"TRUE\"\nscsi0:0.present = \"TRUE\"\nscsi0:0.fileName = \
                            \"a.vmdk\"\nscsi0:0.redo = \"\"\nguestinfo.mine = \"1\"\n";

    fn updated(is_complete: bool, change: impl FnOnce(&mut DomainConfig)) -> String {
        let vmx = Vmx::parse(EXISTING).unwrap();
        let mut domain = from_vmx(&vmx, &FromVmx::complete()).unwrap();
        if !is_complete {
            set_kept(&mut domain, None);
        }
        change(&mut domain);
        update(&vmx, &domain, &ToVmx::new()).unwrap().to_string()
    }

    #[test]
    fn nothing_changes_where_nothing_is_said_otherwise() {
        assert_eq!(updated(true, |_| {}), EXISTING);
        assert_eq!(updated(false, |_| {}), EXISTING);
    }

    #[test]
    fn what_is_said_otherwise_changes_in_its_place() {
        for is_complete in [true, false] {
            let text = updated(is_complete, |domain| {
                domain.name = "db".to_owned();
                domain.memory = Some(virt_core::model::value::ByteSize::gib(2).into());
                domain.current_memory = None;
            });
            let expected = EXISTING
                .replace("DisplayName=\"web\"", "DisplayName=\"db\"")
                .replace("\"1024\"", "\"2048\"");
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn interfaces_keep_their_numbers_and_devices_go_as_a_whole() {
        for is_complete in [true, false] {
            let text = updated(is_complete, |domain| {
                let devices = domain.devices_mut();
                devices.interfaces.remove(0);
                devices.disks.clear();
                devices.controllers.clear();
            });
            assert!(!text.contains("ethernet0."), "{text}");
            assert!(!text.contains("scsi0"), "{text}");
            assert!(text.contains("ethernet2.pciSlotNumber = \"193\"\n"), "{text}");
            assert!(
                text.contains("# network\n") && text.contains("guestinfo.mine"),
                "{text}"
            );
        }
    }

    #[test]
    fn settings_of_the_metadata_are_compared_where_there_are_any() {
        let text = updated(true, |domain| {
            let mut kept = kept(domain).unwrap().unwrap();
            kept.settings.retain(|setting| setting.key != "guestinfo.mine");
            kept.settings
                .push(super::super::Setting::new("guestinfo.new", "2"));
            set_kept(domain, Some(&kept));
        });
        let expected = EXISTING.replace("guestinfo.mine = \"1\"", "guestinfo.new = \"2\"");
        assert_eq!(text, expected);
    }
}
