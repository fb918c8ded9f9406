//! How a function is reached.

use super::api::Function;
use super::exceptions::{self, Local};
use super::sources::Sources;
use crate::failure::{Failure, Outcome};

/// How a function is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// By this method or type.
    Typed(String),
    /// By the raw call of this procedure.
    Raw(String),
    /// It does nothing a Rust program needs a function for; this is why.
    NotNeeded(&'static str),
    /// Not at all.
    Missing,
}

impl Verdict {
    pub(super) fn is_typed(&self) -> bool {
        matches!(self, Self::Typed(_))
    }

    pub(super) fn is_raw(&self) -> bool {
        matches!(self, Self::Raw(_))
    }

    pub(super) fn is_not_needed(&self) -> bool {
        matches!(self, Self::NotNeeded(_))
    }

    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }
}

/// A function and how it is reached.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) function: Function,
    pub(super) verdict: Verdict,
}

/// Judges all of them.
pub(super) fn judge(functions: Vec<Function>, sources: &Sources) -> Outcome<Vec<Judged>> {
    let all = functions.clone();
    let known = |name: &str| all.iter().find(|function| function.name == name);
    functions
        .into_iter()
        .map(|function| {
            let mut verdict = verdict_on(&function, sources)?;
            for other in exceptions::done_by(&function.name) {
                if verdict.is_typed() {
                    break;
                }
                let other = known(other).ok_or_else(|| {
                    Failure::new(format!("{}: libvirt has no function {other}", function.name))
                })?;
                let others = verdict_on(other, sources)?;
                if others.is_typed() {
                    verdict = others;
                }
            }
            Ok(Judged { function, verdict })
        })
        .collect()
}

fn verdict_on(function: &Function, sources: &Sources) -> Outcome<Verdict> {
    let generated: Vec<(&String, &String)> = function
        .procedures
        .iter()
        .filter_map(|procedure| sources.generated.get_key_value(procedure))
        .collect();
    if let Some(place) = sources.named.get(&function.name)
        && generated.iter().any(|(_, name)| sources.used.contains(*name))
    {
        return Ok(Verdict::Typed(place.clone()));
    }
    match exceptions::local(&function.name) {
        Some(Local::By(item)) if sources.items.contains(item) => return Ok(Verdict::Typed(item.to_owned())),
        Some(Local::By(item)) => {
            return Err(
                Failure::new(format!("{}: there is no {item}", function.name)).advise(
                    "xtask/src/coverage/exceptions.rs says what does its work: it was renamed, or went",
                ),
            );
        }
        Some(Local::Identity(item)) if sources.items.contains(item) => {
            return Ok(Verdict::Typed(item.to_owned()));
        }
        Some(Local::Identity(_)) => return Ok(Verdict::Raw("the generated type".to_owned())),
        Some(Local::NotNeeded(reason)) => return Ok(Verdict::NotNeeded(reason)),
        None => {}
    }
    Ok(match generated.first() {
        Some((own, _)) => Verdict::Raw((*own).clone()),
        None => Verdict::Missing,
    })
}
