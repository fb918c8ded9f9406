//! Which of a domain's two configurations a change applies to.

/// A running domain has two configurations: the live one, of this run, and the inactive one, of the next start
/// (`VIR_DOMAIN_AFFECT_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ConfigScope {
    /// The live one when it runs, the inactive one when it does not.
    #[default]
    Current,
    /// The live one only; an inactive domain answers `InvalidState`.
    Live,
    /// The inactive one only; a transient domain answers `InvalidState`.
    Config,
    /// Both; needs a domain that runs and is persistent.
    Both,
}

impl ConfigScope {
    /// What this means for a domain that is `active` and `persistent`: (live, inactive).
    ///
    /// # Errors
    /// [`ErrorKind::InvalidState`](crate::ErrorKind::InvalidState) when it has no such configuration.
    pub fn resolve(self, active: bool, persistent: bool) -> crate::Result<(bool, bool)> {
        self.resolve_for("domain", active, persistent)
    }

    /// What this means for an object of the kind `what` that is `active` and `persistent`: (live, inactive).
    ///
    /// # Errors
    /// [`ErrorKind::InvalidState`](crate::ErrorKind::InvalidState) when it has no such configuration.
    pub fn resolve_for(self, what: &str, active: bool, persistent: bool) -> crate::Result<(bool, bool)> {
        let refuse = |why: String| Err(crate::Error::new(crate::ErrorKind::InvalidState, why));
        match self {
            Self::Current => Ok((active, !active)),
            Self::Live | Self::Both if !active => {
                refuse(format!("the {what} is not active: it has no live configuration"))
            }
            Self::Config | Self::Both if !persistent => refuse(format!(
                "the {what} is transient: it has no configuration for a next start"
            )),
            Self::Live => Ok((true, false)),
            Self::Config => Ok((false, true)),
            Self::Both => Ok((true, true)),
        }
    }
}
