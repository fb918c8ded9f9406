//! `lxc.init.*` and `lxc.environment`: the first process.

use virt_core::model::DomainConfig;
use virt_core::model::domain::InitEnv;

use super::super::words::split;
use super::native::Native;

pub(super) fn read(native: &mut Native, domain: &mut DomainConfig) {
    let command = native.take_as("lxc.init.cmd", |command| {
        let words = split(command);
        words
            .first()
            .is_some_and(|init| init.starts_with('/'))
            .then_some(words)
    });
    let environment = native.take_where(|key, value| {
        let (name, value) = value.split_once('=').filter(|_| key == "lxc.environment")?;
        let mut variable = InitEnv::default();
        variable.name = Some(Some(name).filter(|name| is_name(name))?.to_owned());
        // An empty text of an element is none.
        variable.value = Some(
            Some(value)
                .filter(|value| !value.is_empty() && value.trim() == *value)?
                .to_owned(),
        );
        Some(variable)
    });
    let directory = native.take_as("lxc.init.cwd", |path| {
        path.starts_with('/').then(|| path.to_owned())
    });
    let id = |text: &str| text.parse::<u32>().is_ok().then(|| text.to_owned());
    let user = native.take_as("lxc.init.uid", id);
    // libvirt takes a group for one of a user only.
    let group = native.take_as("lxc.init.gid", id);
    let Some(os) = &mut domain.os else { return };
    if let Some(mut words) = command {
        os.init_args = words.split_off(1);
        os.init = words.pop();
    }
    os.init_env = environment;
    os.initdir = directory;
    os.inituser = user;
    os.initgroup = group;
}

/// What libvirt takes for the name of a variable.
fn is_name(name: &str) -> bool {
    let is_first = |one: char| one.is_ascii_alphabetic() || one == '_';
    name.starts_with(is_first) && name.chars().all(|one| one.is_ascii_alphanumeric() || one == '_')
}
