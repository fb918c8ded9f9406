//! The methods of options that switch something on.

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

pub(crate) use option_steps;
