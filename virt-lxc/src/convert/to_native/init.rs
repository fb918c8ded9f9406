//! The first process.

use virt_core::Result;
use virt_core::model::DomainConfig;

use super::super::problem::{invalid, unsupported};
use super::super::words::is_word;
use super::output::Output;

/// What liblxc runs when it is told nothing.
const INIT: &str = "/sbin/init";

pub(super) fn write(domain: &DomainConfig, out: &mut Output) -> Result<()> {
    let Some(os) = &domain.os else { return Ok(()) };
    let init = os.init.as_deref().unwrap_or(INIT);
    if !init.starts_with('/') {
        return Err(invalid(
            "/domain/os/init",
            format!("init has an absolute path: {init:?}"),
        ));
    }
    if init != INIT || !os.init_args.is_empty() {
        let mut words = Vec::new();
        let paths = std::iter::once(("init", init));
        for (element, word) in paths.chain(os.init_args.iter().map(|word| ("initarg", word.as_str()))) {
            if !is_word(word) {
                let text =
                    format!("LXC splits a command at spaces, and quotes nothing: put {word:?} into a script");
                return Err(unsupported(format!("/domain/os/{element}"), text));
            }
            words.push(word);
        }
        out.add("lxc.init.cmd", words.join(" "));
    }
    for variable in &os.init_env {
        let name = variable.name.as_deref().unwrap_or_default();
        if name.is_empty() || name.contains('=') {
            return Err(invalid("/domain/os/initenv", "a variable has a name without '='"));
        }
        let value = variable.value.as_deref().unwrap_or_default();
        out.add("lxc.environment", format!("{name}={value}"));
    }
    if let Some(directory) = &os.initdir {
        out.add("lxc.init.cwd", directory);
    }
    for (element, key, id) in [
        ("inituser", "lxc.init.uid", &os.inituser),
        ("initgroup", "lxc.init.gid", &os.initgroup),
    ] {
        let Some(id) = id else { continue };
        // libvirt marks numbers by a +.
        let number: Result<u32, _> = id.strip_prefix('+').unwrap_or(id).parse();
        let Ok(number) = number else {
            let text = format!("LXC takes a number, not a name of the container: {id:?}");
            return Err(unsupported(format!("/domain/os/{element}"), text));
        };
        out.add(key, number.to_string());
    }
    Ok(())
}
