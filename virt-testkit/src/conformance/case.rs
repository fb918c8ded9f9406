//! What a case is.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use virt_core::Capability;

use super::{Env, Failure};

/// What a case does.
pub type CaseRun = for<'a> fn(&'a Env) -> Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

/// What kind of guest a case needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GuestNeed {
    /// None that runs.
    None,
    /// A machine that runs or is paused, with nothing in it that boots.
    Machine,
    /// An operating system that boots, with a console and an agent.
    Booted,
}

/// A named case.
#[derive(Clone, Copy)]
pub struct Case {
    theme: &'static str,
    name: &'static str,
    needs: &'static [Capability],
    guest: GuestNeed,
    run: CaseRun,
}

impl Case {
    pub(super) const fn new(
        name: (&'static str, &'static str),
        guest: GuestNeed,
        needs: &'static [Capability],
        run: CaseRun,
    ) -> Self {
        Self {
            theme: name.0,
            name: name.1,
            needs,
            guest,
            run,
        }
    }

    /// What it is about: `lifecycle`, `console` …
    #[must_use]
    pub fn theme(&self) -> &'static str {
        self.theme
    }

    /// Its name: the theme, `::`, and what has to be so.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}::{}", self.theme, self.name)
    }

    /// What the connection has to be able to do.
    #[must_use]
    pub fn needs(&self) -> &'static [Capability] {
        self.needs
    }

    /// What kind of guest it needs.
    #[must_use]
    pub fn guest(&self) -> GuestNeed {
        self.guest
    }

    /// What it does.
    #[must_use]
    pub fn run(&self) -> CaseRun {
        self.run
    }

    /// How long it may take, where a guest needs `boot` to boot.
    #[must_use]
    pub fn time_limit(&self, boot: Duration) -> Duration {
        match self.guest {
            GuestNeed::None | GuestNeed::Machine => Duration::from_secs(60),
            GuestNeed::Booted => Duration::from_secs(60).saturating_add(boot.saturating_mul(6)),
        }
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("theme", &self.theme)
            .field("name", &self.name)
            .field("needs", &self.needs)
            .field("guest", &self.guest)
            .finish_non_exhaustive()
    }
}

/// Makes the list of a theme's cases: the function's name, the guest it needs, and the capabilities.
macro_rules! cases {
    ($theme:literal; $($name:ident($guest:ident $(, $capability:ident)*);)+) => {
        /// The cases of this theme.
        pub(super) const CASES: &[$crate::conformance::Case] = &[$(
            $crate::conformance::Case::new(
                ($theme, stringify!($name)),
                $crate::conformance::GuestNeed::$guest,
                &[$(virt_core::Capability::$capability),*],
                |env| Box::pin($name(env)),
            )
        ),+];
    };
}
