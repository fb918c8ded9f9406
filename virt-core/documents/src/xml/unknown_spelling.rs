//! A spelling that an enumeration of this version does not have.

use std::fmt;
use std::ops::Deref;

use smol_str::SmolStr;

/// A spelling that is kept as it is, as a text to be read.
///
/// It takes the room of one pointer: an enumeration is as small with it as nearly all of its values need.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UnknownSpelling(Box<SmolStr>);

impl Deref for UnknownSpelling {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for UnknownSpelling {
    fn from(text: &str) -> Self {
        Self(Box::new(SmolStr::new(text)))
    }
}

impl fmt::Display for UnknownSpelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Debug for UnknownSpelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use crate::model::domain::DomainType;

    #[test]
    fn an_enumeration_takes_two_words() {
        let two_words = 2 * size_of::<usize>();
        assert_eq!(size_of::<Option<DomainType>>(), two_words);
        let kind = DomainType::from("a kind of the next century");
        assert_eq!(kind.to_string(), "a kind of the next century");
        assert!(matches!(&kind, DomainType::Unknown(word) if &**word == kind.as_str()));
    }
}
