//! Lines and columns of a text.

use super::error::Position;
use super::raw::number;

/// Line and column of offsets, which mostly increase.
pub(super) struct Places<'t> {
    text: &'t str,
    /// Whether a byte is a character.
    is_ascii: bool,
    /// The line of the last offset that was asked for, counted from 0, and where it begins.
    line: usize,
    line_start: usize,
    /// The last offset that was asked for: line ends before it are counted.
    seen: usize,
}

impl<'t> Places<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            is_ascii: text.is_ascii(),
            line: 0,
            line_start: 0,
            seen: 0,
        }
    }

    pub(super) const fn text(&self) -> &'t str {
        self.text
    }

    pub(super) fn position(&mut self, at: usize) -> Position {
        let at = at.min(self.text.len());
        if at < self.seen {
            (self.line, self.line_start, self.seen) = (0, 0, 0);
        }
        let bytes = self.text.as_bytes();
        let since = bytes.get(self.seen..at).unwrap_or_default();
        for end in memchr::memchr_iter(b'\n', since) {
            self.line += 1;
            self.line_start = self.seen + end + 1;
        }
        self.seen = at;
        let before = bytes.get(self.line_start..at).unwrap_or_default();
        let column = if self.is_ascii {
            before.len()
        } else {
            before.iter().filter(|byte| (**byte & 0xC0) != 0x80).count()
        };
        Position::new(number(self.line + 1), number(column + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_in_any_order() {
        let mut places = Places::new("a\nb\u{e9}c\n\nd");
        assert_eq!(places.position(0), Position::new(1, 1));
        assert_eq!(places.position(5), Position::new(2, 3));
        assert_eq!(places.position(8), Position::new(4, 1));
        assert_eq!(places.position(2), Position::new(2, 1));
        assert_eq!(places.position(7), Position::new(3, 1));
        assert_eq!(places.position(100), Position::new(4, 2));
    }
}
