//! Encodings of files: UTF-8, and those of Western Europe.

use super::error::{VmxError, VmxProblem};
use super::text::Vmx;

/// An encoding that is known here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Latin1,
    Windows1252,
}

/// The characters of windows-1252 from 0x80 to 0x9f; the unused ones are the control characters of these numbers.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

impl Encoding {
    fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "" | "utf-8" | "utf8" | "us-ascii" | "ascii" => Self::Utf8,
            "iso-8859-1" | "latin1" | "iso8859-1" | "iso_8859-1" => Self::Latin1,
            "windows-1252" | "cp1252" => Self::Windows1252,
            _ => return None,
        })
    }

    fn character(self, byte: u8) -> char {
        let high = byte
            .checked_sub(0x80)
            .and_then(|index| WINDOWS_1252.get(usize::from(index)));
        match (self, high) {
            (Self::Windows1252, Some(character)) => *character,
            _ => char::from(byte),
        }
    }

    fn byte(self, character: char) -> Option<u8> {
        let index = WINDOWS_1252.iter().position(|one| *one == character);
        match index.filter(|_| self == Self::Windows1252) {
            Some(index) => u8::try_from(index).ok().map(|index| 0x80 + index),
            None => u8::try_from(u32::from(character)).ok(),
        }
    }
}

impl Vmx {
    /// Reads a file, in the encoding it names.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); bytes that are no text in the encoding; characters beyond ASCII in an encoding that is not
    /// known here, which are UTF-8, ISO-8859-1 and windows-1252.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VmxError> {
        if let Ok(text) = std::str::from_utf8(bytes) {
            let vmx = Self::parse(text)?;
            // ASCII is the same in each of them, and so is nothing else.
            if text.is_ascii() || vmx.known()? == Encoding::Utf8 {
                return Ok(vmx);
            }
        }
        let rough: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        let name = named_encoding(&rough);
        let encoding = known(&name)?;
        if encoding == Encoding::Utf8 {
            return Err(VmxError::new(VmxProblem::NotInEncoding("UTF-8".to_owned())));
        }
        let text: String = bytes.iter().map(|byte| encoding.character(*byte)).collect();
        Self::parse(&text)
    }

    /// The file, in the encoding it names.
    ///
    /// # Errors
    /// A character the encoding has not; an encoding that is not known here, and a character beyond ASCII.
    pub fn to_bytes(&self) -> Result<Vec<u8>, VmxError> {
        let text = self.to_string();
        if text.is_ascii() {
            return Ok(text.into_bytes());
        }
        let encoding = self.known()?;
        if encoding == Encoding::Utf8 {
            return Ok(text.into_bytes());
        }
        let byte = |character| {
            let refuse = || {
                VmxError::new(VmxProblem::NotEncodable {
                    character,
                    encoding: self.encoding().to_owned(),
                })
            };
            encoding.byte(character).ok_or_else(refuse)
        };
        text.chars().map(byte).collect()
    }

    /// The name of the encoding: what `.encoding` says, or UTF-8.
    #[must_use]
    pub fn encoding(&self) -> &str {
        self.get(".encoding").unwrap_or("UTF-8")
    }

    fn known(&self) -> Result<Encoding, VmxError> {
        known(self.encoding())
    }
}

fn known(name: &str) -> Result<Encoding, VmxError> {
    Encoding::named(name).ok_or_else(|| VmxError::new(VmxProblem::UnknownEncoding(name.to_owned())))
}

/// What `.encoding` says in a text whose characters beyond ASCII are not yet known.
fn named_encoding(rough: &str) -> String {
    let says = |line: &str| {
        let (key, value) = line.split_once('=')?;
        let is_one = key.trim().eq_ignore_ascii_case(".encoding");
        is_one.then(|| value.trim().trim_matches('"').to_owned())
    };
    rough.lines().find_map(says).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_a_file_names_counts() {
        let bytes = b".encoding = \"windows-1252\"\ndisplayName = \"caf\xe9 \x80\"\n";
        let vmx = Vmx::from_bytes(bytes).unwrap();
        assert_eq!(vmx.get("displayName"), Some("café €"));
        assert_eq!(vmx.to_bytes().unwrap(), bytes);
        let vmx = Vmx::from_bytes("displayName = \"café\"\n".as_bytes()).unwrap();
        assert_eq!(vmx.get("displayname"), Some("café"));
    }

    #[test]
    fn what_is_valid_in_both_is_what_the_file_says() {
        let bytes = b".encoding = \"ISO-8859-1\"\na = \"\xc3\xa9\"\n";
        let vmx = Vmx::from_bytes(bytes).unwrap();
        assert_eq!(vmx.get("a"), Some("Ã©"));
        assert_eq!(vmx.to_bytes().unwrap(), bytes);
    }

    #[test]
    fn unknown_encodings_are_taken_for_ascii_only() {
        assert!(Vmx::from_bytes(b".encoding = \"GBK\"\na = \"1\"\n").is_ok());
        let error = Vmx::from_bytes(b".encoding = \"GBK\"\na = \"\xc4\xe3\"\n").unwrap_err();
        assert_eq!(*error.problem(), VmxProblem::UnknownEncoding("GBK".to_owned()));
        let error = Vmx::from_bytes(b"a = \"\xc4\"\n").unwrap_err();
        assert_eq!(*error.problem(), VmxProblem::NotInEncoding("UTF-8".to_owned()));
        let mut vmx = Vmx::parse(".encoding = \"windows-1252\"\n").unwrap();
        vmx.set("displayName", "猫").unwrap();
        assert!(vmx.to_bytes().is_err());
    }
}
