//! What can be wrong with bytes, or with a value that is to be written.

/// Why bytes are not the value expected, or a value cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum XdrError {
    /// The bytes end in the middle of the value.
    #[error("the input is too short: {needed} bytes more are needed, {left} are left")]
    ShortInput {
        /// How many bytes the next item takes.
        needed: usize,
        /// How many there are.
        left: usize,
    },
    /// There is more after the value.
    #[error("{0} bytes are left over at the end")]
    TrailingBytes(usize),
    /// Something is longer than the protocol allows.
    #[error("{length} elements are more than the {limit} that the protocol allows")]
    TooLong {
        /// How long it is, in bytes or elements.
        length: u64,
        /// How long it may be.
        limit: u32,
    },
    /// A flag that says whether something is there is neither 0 nor 1.
    #[error("{0} is neither 0 nor 1")]
    InvalidFlag(u32),
    /// A number that stands for a small integer does not fit into it.
    #[error("{value} is no {kind}")]
    OutOfRange {
        /// The protocol's name of the type.
        kind: &'static str,
        /// The number.
        value: i64,
    },
    /// A union's case that is not known, and so has no known length.
    #[error("{value} is no known case of {union}")]
    UnknownCase {
        /// The protocol's name of the union.
        union: &'static str,
        /// Which case it says it is.
        value: i32,
    },
}
