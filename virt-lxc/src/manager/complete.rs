//! A document made complete, before anything has changed; what no container can be told.

use std::sync::Arc;

use uuid::Uuid;
use virt_core::domain::{DomainName, DomainSelector};
use virt_core::model::DomainConfig;
use virt_core::model::domain::{DomainType, LifecycleAction as WrittenAction};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::{Manager, Operation};
use crate::convert;
use crate::document::complete_interfaces;

impl Manager {
    /// Checks a configuration against what liblxc can be told, and fills it in.
    pub(super) async fn complete_config(
        self: &Arc<Self>,
        call: &CallContext,
        config: &DomainConfig,
    ) -> Result<Box<DomainConfig>> {
        check_name(&config.name)?;
        if config.kind != DomainType::Lxc {
            let message = format!(
                "this driver runs domains of type lxc, not of type {}",
                config.kind
            );
            return Err(
                Error::unsupported(message).with_subject(Subject::Element("/domain/@type".to_owned()))
            );
        }
        check_end_actions(config)?;
        let mut complete = Box::new(config.normalized());
        complete_interfaces(&mut complete);
        complete.uuid.get_or_insert_with(Uuid::new_v4);
        let context = self.native_context(&complete);
        let context = call.bound(Outcome::NotApplied, context).await;
        let context = context.map_err(|error| error.with_outcome(Outcome::NotApplied))?;
        convert::to_native(&complete, &context)?;
        let others = self.see_what_others_made(&complete.name);
        let seen = call.bound(Outcome::NotApplied, others).await;
        seen.map_err(|error| error.with_outcome(Outcome::NotApplied))?;
        Ok(complete)
    }

    /// What others have just made may not have been heard of yet.
    pub(super) async fn look_for_one_of_others(self: &Arc<Self>, selector: &DomainSelector) -> Result<()> {
        if let DomainSelector::Name(name) = selector
            && DomainName::new(name.as_str()).is_ok()
            && check_name(name).is_ok()
        {
            match self.see_what_others_made(name).await {
                // One that nobody understands is no domain.
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Refuses what no container can be told.
pub(super) fn check(operation: &Operation) -> Result<()> {
    match operation {
        Operation::Start { options, .. } if options.paused => Err(no_paused_start()),
        Operation::Rename(name) => check_name(name.as_str()),
        Operation::Reset => Err(no_reset()),
        _ => Ok(()),
    }
}

/// What a container answers that is to be started paused.
pub(crate) fn no_paused_start() -> Error {
    Error::unsupported("liblxc cannot start a container paused: start it, then suspend it")
}

/// What a container answers that is to be reset.
pub(crate) fn no_reset() -> Error {
    Error::unsupported("a container has no button to be reset by: reboot it, or destroy and start it")
}

/// Names that liblxc's tools do not show, or that are no names of directories.
pub(crate) fn check_name(name: &str) -> Result<()> {
    if name.starts_with('.') {
        let message = format!("{name:?} is no name of a container: it begins with a dot");
        return Err(Error::new(ErrorKind::InvalidArgument, message)
            .with_subject(Subject::Element("/domain/name".to_owned())));
    }
    Ok(())
}

/// Refuses what a document wants to follow from the container's end and cannot.
fn check_end_actions(config: &DomainConfig) -> Result<()> {
    let wanted = [
        ("on_poweroff", &config.on_poweroff),
        ("on_reboot", &config.on_reboot),
        ("on_crash", &config.on_crash),
    ];
    for (element, action) in wanted {
        if action.as_ref() == Some(&WrittenAction::Preserve) {
            return Err(Error::unsupported(
                "a container that has ended cannot be preserved: use destroy or restart",
            )
            .with_subject(Subject::Element(format!("/domain/{element}"))));
        }
    }
    Ok(())
}
