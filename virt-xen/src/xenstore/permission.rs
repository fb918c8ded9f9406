//! Who may read and write a node.

use std::fmt;
use std::str::FromStr;

use virt_core::{Error, ErrorKind};

/// What a domain may do with a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Nothing (`n`).
    None,
    /// Read (`r`).
    Read,
    /// Write (`w`).
    Write,
    /// Both (`b`).
    Both,
}

/// A permission of a node (`xs_permissions`). The first of a node's list names its owner, who may do everything, and says what
/// all others may; those after it say what single domains may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Permission {
    /// The number of the domain.
    pub domain: u32,
    /// What it may do.
    pub access: Access,
}

impl Permission {
    /// A permission of this domain.
    #[must_use]
    pub fn new(domain: u32, access: Access) -> Self {
        Self { domain, access }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = match self.access {
            Access::None => 'n',
            Access::Read => 'r',
            Access::Write => 'w',
            Access::Both => 'b',
        };
        write!(f, "{letter}{}", self.domain)
    }
}

impl FromStr for Permission {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let no_permission = || {
            let message = format!(
                "{text:?} is no permission of xenstore: one is n, r, w or b and the number of a domain"
            );
            Error::new(ErrorKind::InvalidArgument, message)
        };
        let mut letters = text.chars();
        let access = match letters.next() {
            Some('n') => Access::None,
            Some('r') => Access::Read,
            Some('w') => Access::Write,
            Some('b') => Access::Both,
            _ => return Err(no_permission()),
        };
        let digits = letters.as_str();
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(no_permission());
        }
        let domain = digits.parse().map_err(|_| no_permission())?;
        Ok(Self { domain, access })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_is_read_and_written() {
        for text in ["n0", "r2", "w17", "b3"] {
            assert_eq!(text.parse::<Permission>().unwrap().to_string(), text);
        }
        for bad in ["", "n", "x0", "r-1", "r+1", "r99999999999", "b3 "] {
            assert!(bad.parse::<Permission>().is_err(), "{bad}");
        }
    }
}
