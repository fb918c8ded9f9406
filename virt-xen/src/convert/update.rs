//! A domain applied to a file somebody wrote.

use virt_core::Result;
use virt_core::model::DomainConfig;

use super::from_config::read;
use super::kept::kept;
use super::options::{FromConfig, ToConfig};
use super::to_config::elements;
use crate::config_file::XenConfig;

/// Applies a domain to the file it is of: what the domain says otherwise than the file is changed in its place; everything
/// else, comments, order, spelling and keys that are unknown here, stays.
///
/// The domain is compared with what the file is as a domain ([`FromConfig::complete`]). Where the domain has kept settings in its
/// metadata, these are compared too; where it has none, nothing is taken for gone that only they could say. The syntax is the file's,
/// whatever the options say.
///
/// # Errors
/// As [`to_config`](super::to_config()).
pub fn update(existing: &XenConfig, domain: &DomainConfig, options: &ToConfig) -> Result<XenConfig> {
    let mut options = options.clone();
    options.syntax = existing.syntax();
    let (before, known) = read(existing, &FromConfig::complete())?;
    let known = known.unwrap_or_default();
    let said = kept(domain)?.unwrap_or_else(|| known.clone());
    let old = elements(&before, &options)?.with(&known)?;
    let new = elements(domain, &options)?.with(&said)?;
    let mut config = existing.clone();
    for (key, _) in old.iter().filter(|(key, _)| new.get(key).is_none()) {
        config.remove(key);
    }
    for (key, value) in new.iter().filter(|(key, value)| old.get(key) != Some(value)) {
        config.set(key, value.clone())?;
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use virt_core::model::value::ByteSize;

    use super::super::{Setting, from_config, set_kept};
    use super::*;

    const EXISTING: &str = "# the web server\nname = 'web'\nuuid='c7a5fdb2-cdaf-9455-926a-d65c16db1809'\nmemory=0x200 # \
                            MiB\nvcpus = 2\nbootloader = \"pygrub\"\ndisk = [ 'phy:/dev/vg/web,xvda,w', # root\n  \
                            'format=qcow2,vdev=xvdb,access=rw,script=block-x,target=/srv/b', ]\nvif = [ \
                            'bridge=br0,trusted=1', 'nonsense' ]\nnomigrate = 1\n";

    fn updated(is_complete: bool, change: impl FnOnce(&mut DomainConfig)) -> String {
        let config = XenConfig::parse(EXISTING).unwrap();
        let mut domain = from_config(&config, &FromConfig::complete()).unwrap();
        if !is_complete {
            set_kept(&mut domain, None);
        }
        change(&mut domain);
        update(&config, &domain, &ToConfig::xl()).unwrap().to_string()
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
                domain.memory = Some(ByteSize::gib(1).into());
                domain.current_memory = None;
            });
            let expected = EXISTING
                .replace("'web'", "\"db\"")
                .replace("memory=0x200", "memory=1024");
            assert_eq!(text, expected + "maxmem = 1024\n");
        }
    }

    #[test]
    fn what_is_kept_of_a_device_goes_with_it() {
        for is_complete in [true, false] {
            let text = updated(is_complete, |domain| {
                domain.devices_mut().interfaces.clear();
                domain.devices_mut().disks.pop();
            });
            assert!(text.contains("vif = [ \"nonsense\" ]\n"), "{text}");
            assert!(
                text.contains("/dev/vg/web") && !text.contains("block-x"),
                "{text}"
            );
            assert!(
                text.contains("# the web server\n") && text.contains("nomigrate = 1\n"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_guest_of_another_kind_is_not_said_to_be_of_the_one_before() {
        let config = XenConfig::parse("name = 'a'\ntype = 'hvm'\n").unwrap();
        let other = from_config(
            &XenConfig::parse("name = 'a'\ntype = 'pv'\n").unwrap(),
            &FromConfig::libvirt(),
        );
        let mut domain = from_config(&config, &FromConfig::complete()).unwrap();
        let said = kept(&domain).unwrap();
        domain = other.unwrap();
        set_kept(&mut domain, said.as_ref());
        let text = update(&config, &domain, &ToConfig::xl()).unwrap().to_string();
        assert!(!text.contains("hvm"), "{text}");
    }

    #[test]
    fn settings_of_the_metadata_are_compared_where_there_are_any() {
        let text = updated(true, |domain| {
            let mut kept = kept(domain).unwrap().unwrap();
            kept.settings.retain(|setting| setting.key != "nomigrate");
            kept.settings.push(Setting::new("tsc_mode", "\"native\""));
            set_kept(domain, Some(&kept));
        });
        assert_eq!(text, EXISTING.replace("nomigrate = 1", "tsc_mode = \"native\""));
    }
}
