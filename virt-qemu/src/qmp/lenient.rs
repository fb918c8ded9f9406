//! Enumerations that keep values they do not know.

/// Defines an enumeration of strings in which a value from a newer QEMU is kept as `Unknown` instead of failing.
macro_rules! lenient_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident = $text:literal, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$variant_meta])* $variant, )*
            /// A value this version does not know, as it was received.
            Unknown(String),
        }

        impl $name {
            /// The value as it is written on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $text, )*
                    Self::Unknown(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $( $text => Self::$variant, )*
                    other => Self::Unknown(other.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                Ok(Self::from(text.as_ref()))
            }
        }
    };
}

pub(crate) use lenient_enum;

#[cfg(test)]
mod tests {
    use crate::qmp::ErrorClass;

    #[test]
    fn an_unknown_value_survives_a_round_trip() {
        let classes: Vec<ErrorClass> =
            serde_json::from_str(r#"["GenericError","ultra\u0076iolet"]"#).unwrap();
        assert_eq!(
            classes,
            [
                ErrorClass::GenericError,
                ErrorClass::Unknown("ultraviolet".to_owned())
            ]
        );
        assert_eq!(
            serde_json::to_string(&classes).unwrap(),
            r#"["GenericError","ultraviolet"]"#
        );
    }
}
