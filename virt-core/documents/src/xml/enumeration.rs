//! Enumerations with libvirt's spellings.

/// Declares an enumeration by libvirt's spellings. A spelling it does not know is kept in `Unknown`.
macro_rules! xml_enum {
    ($($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal),+ $(,)? })+) => { $(
        $(#[$meta])*
        ///
        /// A spelling this version does not know is kept as it is.
        #[derive(Debug, Clone, PartialEq, Hash)]
        #[non_exhaustive]
        $vis enum $name {
            $($(#[$variant_meta])* #[doc = concat!("`", $text, "`")] $variant,)+
            /// A spelling not known to this version.
            Unknown($crate::xml::UnknownSpelling),
        }

        // By hand: the derived one brings a function for each type.
        impl Eq for $name {}

        impl $name {
            /// libvirt's spelling.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Unknown(text) => text,
                }
            }

            /// Every value known to this version.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),+];
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)+
                    _ => Self::Unknown($crate::xml::UnknownSpelling::from(text)),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::xml::XmlValue for $name {
            const SPELLINGS: &'static [&'static str] = &[$($text),+];

            fn parse_xml(text: &str) -> Result<Self, $crate::xml::ValueError> {
                Ok(Self::from(text))
            }

            fn write_xml(&self, out: &mut String) {
                out.push_str(self.as_str());
            }

            fn as_text(&self) -> Option<&str> {
                Some(self.as_str())
            }

            fn is_sound(&self) -> Option<bool> {
                Some(!matches!(self, Self::Unknown(_)))
            }
        }
    )+ };
}
pub(crate) use xml_enum;
