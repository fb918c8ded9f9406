//! Security labels of the guest.

use super::at::{At, Checked};
use crate::model::domain::config::DomainConfig;
use crate::model::domain::security::{SecurityLabel, SecurityLabelType};
use crate::model::value::YesNo;
use crate::sorted::SortedSet;
use crate::xml::trimmed;

pub(super) fn check(config: &DomainConfig) -> Checked {
    let mut models = SortedSet::new();
    let several = config.seclabels.len() > 1;
    for (index, label) in config.seclabels.iter().enumerate() {
        let at = At::nth("/domain/seclabel", index, &label.rest);
        check_label(at, label)?;
        match &label.model {
            Some(model) => {
                let is_new = models.insert(model);
                at.refuse_when(
                    !is_new,
                    "/@model",
                    format_args!("there is a label of the model '{model}' already"),
                )?;
            }
            None if several => {
                return Err(at.missing("/@model", "the model, needed where there are several labels,"));
            }
            None => {}
        }
    }
    Ok(())
}

fn check_label(at: At<'_>, label: &SecurityLabel) -> Checked {
    let is_static = label.kind == Some(SecurityLabelType::Static);
    let is_none = label.kind == Some(SecurityLabelType::None);
    at.refuse_if(
        is_none && label.relabel == Some(YesNo::Yes),
        "/@relabel",
        "resources can't be labelled when there is no label",
    )?;
    let is_dynamic = !is_static && !is_none;
    at.refuse_if(
        is_dynamic && label.kind.is_some() && label.relabel == Some(YesNo::No),
        "/@relabel",
        "resources have to be labelled when the label is dynamic",
    )?;
    if is_static && label.label.as_ref().is_none_or(|label| trimmed(label).is_empty()) {
        return Err(at.missing("/label", "the label"));
    }
    Ok(())
}

/// The labels of a device, of which each is of another model.
pub(super) fn check_device(at: At<'_>, below: &str, labels: &[SecurityLabel]) -> Checked {
    let mut models = SortedSet::new();
    for (number, label) in labels.iter().enumerate() {
        let below = format!("{below}/seclabel[{}]", number + 1);
        let at = at.on(&label.rest);
        match &label.model {
            Some(model) => at.refuse_when(
                !models.insert(model),
                &format!("{below}/@model"),
                format_args!("there is a label of the model '{model}' already"),
            )?,
            None if labels.len() > 1 => {
                let what = "the model, needed where there are several labels,";
                return Err(at.missing(&format!("{below}/@model"), what));
            }
            None => {}
        }
        let is_off = label.relabel == Some(YesNo::No);
        let has_label = label.label.as_ref().is_some_and(|label| !label.is_empty());
        at.refuse_if(
            is_off && has_label,
            &format!("{below}/label"),
            "there is a label, but relabel is 'no'",
        )?;
    }
    Ok(())
}
