//! Lines and columns of a text.

use super::error::Position;
use super::raw::number;

/// Line and column of offsets, which mostly increase.
pub(super) struct Places<'t> {
    text: &'t str,
    /// Whether a byte is a character.
    is_ascii: bool,
    /// The line of the last offset that was asked for, and how many characters of it are before that, both counted from 0.
    line: usize,
    column: usize,
    /// The last offset that was asked for: what is before it is counted, and not again. A line may be all of the text.
    seen: usize,
}

impl<'t> Places<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            is_ascii: text.is_ascii(),
            line: 0,
            column: 0,
            seen: 0,
        }
    }

    pub(super) const fn text(&self) -> &'t str {
        self.text
    }

    pub(super) fn position(&mut self, at: usize) -> Position {
        let at = at.min(self.text.len());
        if at < self.seen {
            (self.line, self.column, self.seen) = (0, 0, 0);
        }
        let mut since = self.text.as_bytes().get(self.seen..at).unwrap_or_default();
        if let Some(last) = memchr::memrchr(b'\n', since) {
            let (ended, rest) = since.split_at(last + 1);
            self.line += memchr::memchr_iter(b'\n', ended).count();
            self.column = 0;
            since = rest;
        }
        self.column += if self.is_ascii {
            since.len()
        } else {
            since.iter().filter(|byte| (**byte & 0xC0) != 0x80).count()
        };
        self.seen = at;
        Position::new(number(self.line + 1), number(self.column + 1))
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
        let mut places = Places::new("\u{e9}ab\u{e9}c");
        let columns = [0, 2, 3, 3, 6].map(|at| places.position(at).column());
        assert_eq!(columns, [1, 2, 3, 3, 5]);
    }
}
