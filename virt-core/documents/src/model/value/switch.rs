//! Two-valued attributes, as libvirt spells them.

use crate::xml::{ValueError, ValueShape, XmlValue};

/// Declares a switch by its two spellings.
macro_rules! switch {
    ($($(#[$meta:meta])* $name:ident { $yes:ident = $yes_text:literal, $no:ident = $no_text:literal };)+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            #[doc = concat!("`", $yes_text, "`")]
            $yes,
            #[doc = concat!("`", $no_text, "`")]
            $no,
        }

        impl $name {
            /// Whether this is the affirmative one.
            pub const fn is_set(self) -> bool {
                matches!(self, Self::$yes)
            }
        }

        impl $name {
            const fn as_str(self) -> &'static str {
                if self.is_set() { $yes_text } else { $no_text }
            }
        }

        impl From<bool> for $name {
            fn from(set: bool) -> Self {
                if set { Self::$yes } else { Self::$no }
            }
        }

        impl XmlValue for $name {
            const PLAIN: bool = true;

            const SHAPE: ValueShape = ValueShape::Switch;

            fn parse_xml(text: &str) -> Result<Self, ValueError> {
                match text {
                    $yes_text => Ok(Self::$yes),
                    $no_text => Ok(Self::$no),
                    _ => Err(ValueError::expected(concat!("'", $yes_text, "' or '", $no_text, "'"))),
                }
            }

            fn write_xml(&self, out: &mut String) {
                out.push_str(self.as_str());
            }

            fn as_text(&self) -> Option<&str> {
                Some(self.as_str())
            }
        }
    )+ };
}

switch! {
    /// `yes` or `no`.
    YesNo { Yes = "yes", No = "no" };
    /// `on` or `off`.
    OnOff { On = "on", Off = "off" };
}
