//! What can be wrong with an answer.

/// An answer that is not what the API says it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VimError {
    /// A text is no value of the type it should be of.
    #[error("{path}: not a value of type {expected}")]
    Value {
        /// The API's name of the type.
        expected: &'static str,
        /// The members on the way to it, outermost first, with dots between.
        path: String,
    },
    /// A method that always returns something has returned nothing.
    #[error("the answer has no value: {expected} was expected")]
    NoValue {
        /// The API's name of the type.
        expected: &'static str,
    },
}

impl VimError {
    /// A text is no value of this type.
    pub(super) fn value(expected: &'static str) -> Self {
        Self::Value {
            expected,
            path: String::new(),
        }
    }

    /// The same, seen from the object around the member `name`.
    pub(super) fn within(self, name: &str) -> Self {
        match self {
            Self::Value { expected, path } => Self::Value {
                expected,
                path: match path.as_str() {
                    "" => name.to_owned(),
                    inner => format!("{name}.{inner}"),
                },
            },
            other => other,
        }
    }
}
