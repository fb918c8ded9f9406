//! Name, title, generation id, and what happens at the end of the guest.

use super::at::{At, Checked};
use crate::model::domain::config::DomainConfig;
use crate::model::domain::power::LifecycleAction as Action;
use crate::model::value::parse_uuid;
use crate::xml::trimmed;

pub(super) fn check(config: &DomainConfig) -> Checked {
    check_name(config)?;
    let root = At::the("/domain", &config.rest);
    if config.title.as_ref().is_some_and(|title| title.contains('\n')) {
        return Err(root.wrong("/title", "the title has a line break"));
    }
    let genid = config.genid.as_ref().map(|genid| trimmed(genid));
    if let Some(genid) = genid.filter(|genid| !genid.is_empty() && parse_uuid(genid).is_none()) {
        return Err(root.wrong("/genid", format!("'{genid}' is not a UUID")));
    }
    check_lifecycle(config, root)
}

fn check_name(config: &DomainConfig) -> Checked {
    let name = &config.name;
    let at = At::the("/domain/name", &config.rest);
    if trimmed(name).is_empty() {
        Err(at.missing("", "the name of the domain"))
    } else if name.contains('/') {
        Err(at.wrong("", format!("the name '{name}' has a '/'")))
    } else if name.chars().any(char::is_control) {
        Err(at.wrong("", "the name has a control character"))
    } else {
        Ok(())
    }
}

fn check_lifecycle(config: &DomainConfig, root: At<'_>) -> Checked {
    let ends = |action: &Action| {
        matches!(
            action,
            Action::Destroy | Action::Restart | Action::Preserve | Action::RenameRestart
        )
    };
    let crashes = |action: &Action| matches!(action, Action::CoredumpDestroy | Action::CoredumpRestart);
    let locks = |action: &Action| {
        matches!(
            action,
            Action::Poweroff | Action::Restart | Action::Pause | Action::Ignore
        )
    };
    let fits = [
        ("/on_poweroff", &config.on_poweroff, false),
        ("/on_reboot", &config.on_reboot, false),
        ("/on_crash", &config.on_crash, true),
    ];
    for (below, action, is_crash) in fits {
        if let Some(action) = action
            && !(ends(action) || is_crash && crashes(action))
        {
            return Err(root.wrong(
                below,
                format!("'{action}' is no action for {}", below.trim_matches('/')),
            ));
        }
    }
    match &config.on_lockfailure {
        Some(action) if !locks(action) => Err(root.wrong(
            "/on_lockfailure",
            format!("'{action}' is no action for on_lockfailure"),
        )),
        _ => Ok(()),
    }
}
