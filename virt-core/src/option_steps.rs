//! Methods that many options and filters have.

/// Methods that set the field of their name, each with its documentation.
macro_rules! option_steps {
    ($($(#[$doc:meta])* $name:ident;)+) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(mut self) -> Self {
            self.$name = true;
            self
        })+
    };
}

/// The methods of a filter of objects that are active or not, defined or transient, and start by themselves or not.
macro_rules! life_filter_steps {
    () => {
        /// All of them.
        #[must_use]
        pub fn all() -> Self {
            Self::default()
        }

        /// Active ones.
        #[must_use]
        pub fn active(mut self) -> Self {
            self.active = Some(true);
            self
        }

        /// Those that are not active.
        #[must_use]
        pub fn inactive(mut self) -> Self {
            self.active = Some(false);
            self
        }

        /// Those with a definition.
        #[must_use]
        pub fn persistent(mut self) -> Self {
            self.persistent = Some(true);
            self
        }

        /// Those without a definition.
        #[must_use]
        pub fn transient(mut self) -> Self {
            self.persistent = Some(false);
            self
        }

        /// Those that start by themselves.
        #[must_use]
        pub fn autostart(mut self) -> Self {
            self.autostart = Some(true);
            self
        }

        /// Those that do not start by themselves.
        #[must_use]
        pub fn no_autostart(mut self) -> Self {
            self.autostart = Some(false);
            self
        }

        fn fits(&self, active: bool, persistent: bool, autostart: bool) -> bool {
            self.active.is_none_or(|wanted| wanted == active)
                && self.persistent.is_none_or(|wanted| wanted == persistent)
                && self.autostart.is_none_or(|wanted| wanted == autostart)
        }
    };
}

pub(crate) use {life_filter_steps, option_steps};
