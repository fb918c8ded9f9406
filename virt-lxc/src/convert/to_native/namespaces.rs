//! `<lxc:namespace>`: namespaces of others.

use virt_core::Result;
use virt_core::model::DomainConfig;

use super::super::problem::{invalid, unsupported};
use super::output::Output;

pub(super) fn write(domain: &DomainConfig, out: &mut Output) -> Result<()> {
    let Some(namespace) = &domain.lxc_namespace else {
        return Ok(());
    };
    let shares = [
        ("net", &namespace.sharenet),
        ("ipc", &namespace.shareipc),
        ("uts", &namespace.shareuts),
    ];
    for (kind, share) in shares {
        let Some(share) = share else { continue };
        let element = format!("/domain/lxc:namespace/lxc:share{kind}");
        let value = share.value.as_deref().unwrap_or_default();
        let is_name = !value.is_empty() && !value.contains('/');
        let value = match share.kind.as_deref() {
            Some("netns") if kind != "net" => {
                return Err(invalid(element, "type 'netns' is of <lxc:sharenet> only"));
            }
            Some("netns") if is_name => format!("/var/run/netns/{value}"),
            Some("pid") if value.parse::<u32>().is_ok_and(|pid| pid > 0) => value.to_owned(),
            Some("name") if is_name && !value.bytes().all(|one| one.is_ascii_digit()) => value.to_owned(),
            Some("name") if is_name => {
                let text =
                    format!("LXC takes {value:?} for a process: say type='pid' with the container's init");
                return Err(unsupported(element, text));
            }
            _ => {
                let text = "it has type='netns', 'name' or 'pid', and a value that is a name or the number of a process";
                return Err(invalid(element, text));
            }
        };
        out.add(format!("lxc.namespace.share.{kind}"), value);
    }
    Ok(())
}
