//! How the types of the protocol are declared: without derive macros, which would take most of the time it takes to
//! compile them.

/// Declares structs and how they are written: the fields one after the other.
///
/// `field: Type,` is written as it is, `field: Type [limit],` with at most so many elements, and `field: Type as
/// hidden,` is kept out of `Debug`.
macro_rules! xdr_struct {
    ($($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty $([$limit:expr])? $(as $hidden:ident)?,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, PartialEq, Default)]
            #[allow(missing_docs, reason = "the fields are the protocol's, by its own names")]
            pub struct $name {
                $($(#[$doc])* pub $field: $type,)*
            }

            impl $crate::protocol::xdr::Xdr for $name {
                fn encode(&self, out: &mut $crate::protocol::xdr::XdrWriter) -> Result<(), $crate::protocol::xdr::XdrError> {
                    $($crate::protocol::xdr::xdr_struct!(@encode self.$field, out $(, $limit)?);)*
                    Ok(())
                }

                fn decode(input: &mut $crate::protocol::xdr::XdrReader<'_>) -> Result<Self, $crate::protocol::xdr::XdrError> {
                    Ok(Self {
                        $($field: $crate::protocol::xdr::xdr_struct!(@decode input $(, $limit)?),)*
                    })
                }
            }

            impl std::fmt::Debug for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.debug_struct(stringify!($name))
                        $(.field(stringify!($field), $crate::protocol::xdr::xdr_struct!(@shown self.$field $(, $hidden)?)))*
                        .finish()
                }
            }
        )*
    };
    (@encode $value:expr, $out:ident) => { $crate::protocol::xdr::Xdr::encode(&$value, $out)? };
    (@encode $value:expr, $out:ident, $limit:expr) => {
        $crate::protocol::xdr::Bounded::encode_within(&$value, $limit, $out)?
    };
    (@decode $input:ident) => { $crate::protocol::xdr::Xdr::decode($input)? };
    (@decode $input:ident, $limit:expr) => { $crate::protocol::xdr::Bounded::decode_within($limit, $input)? };
    (@shown $value:expr) => { &$value };
    (@shown $value:expr, hidden) => { &format_args!("(hidden)") };
}

/// Declares an enum as a number with names, so that a value that has none is kept.
macro_rules! xdr_enum {
    ($($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $member:ident = $value:literal,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
            pub struct $name(pub i32);

            impl $name {
                $($(#[$doc])* pub const $member: Self = Self($value);)*

                /// The protocol's name of the value, without its prefix; `None` for one that is not known here.
                #[must_use]
                pub const fn name(self) -> Option<&'static str> {
                    match self.0 {
                        $($value => Some(stringify!($member)),)*
                        _ => None,
                    }
                }
            }

            impl $crate::protocol::xdr::Xdr for $name {
                fn encode(&self, out: &mut $crate::protocol::xdr::XdrWriter) -> Result<(), $crate::protocol::xdr::XdrError> {
                    self.0.encode(out)
                }

                fn decode(input: &mut $crate::protocol::xdr::XdrReader<'_>) -> Result<Self, $crate::protocol::xdr::XdrError> {
                    $crate::protocol::xdr::Xdr::decode(input).map(Self)
                }
            }

            impl std::fmt::Debug for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    match self.name() {
                        Some(name) => f.write_str(name),
                        None => write!(f, "{}({})", stringify!($name), self.0),
                    }
                }
            }
        )*
    };
}

pub(in crate::protocol) use {xdr_enum, xdr_struct};
