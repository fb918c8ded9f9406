//! Enumerations, open to values that are not listed.

/// Declares an enumeration: `Name { Variant = "wire", … }`.
macro_rules! vim_enum {
    ($(
        $(#[$note:meta])*
        $name:ident { $( $variant:ident = $wire:literal, )* }
    )*) => {$(
        $(#[$note])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(
                #[doc = concat!("`", $wire, "`.")]
                $variant,
            )*
            /// A value that is not listed here.
            Unlisted(String),
        }

        impl $name {
            /// The value as the API spells it.
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $wire, )*
                    Self::Unlisted(value) => value,
                }
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                match value {
                    $( $wire => Self::$variant, )*
                    other => Self::Unlisted(other.to_owned()),
                }
            }
        }

        /// No value: what a member has that was not there.
        impl Default for $name {
            fn default() -> Self {
                Self::Unlisted(String::new())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::vim::Value for $name {
            const TYPE: &'static str = stringify!($name);

            fn read(element: &virt_core::xml::Element) -> Result<Self, $crate::vim::VimError> {
                Ok(Self::from(element.text().as_str()))
            }

            fn write(&self, element: &mut virt_core::xml::Element) {
                $crate::vim::scalar::write_text(self.as_str(), element);
            }
        }
    )*};
}
pub(crate) use vim_enum;
