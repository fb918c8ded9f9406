//! The files an `Include` names.

use std::fs;
use std::path::{Path, PathBuf};

/// The existing files that fit a pattern, in the order of their names. `*`, `?` and `[…]` stand for characters within
/// one part of the path, not for a dot at its start; a backslash takes the meaning from what follows it. A directory
/// that can't be read has no files.
pub(super) fn files(pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![if pattern.starts_with('/') {
        PathBuf::from("/")
    } else {
        PathBuf::new()
    }];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let part: Vec<Piece> = pieces(part);
        found = found
            .iter()
            .flat_map(|directory| within(directory, &part))
            .collect();
    }
    found.retain(|path| fs::symlink_metadata(path).is_ok());
    found.sort();
    found
}

/// One piece of a pattern.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Literal(char),
    One,
    Any,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Piece {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Literal(literal) => *literal == c,
            Self::One | Self::Any => true,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *negated
            }
        }
    }
}

fn pieces(part: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut chars = part.chars();
    while let Some(c) = chars.next() {
        pieces.push(match c {
            '*' => Piece::Any,
            '?' => Piece::One,
            '\\' => Piece::Literal(chars.next().unwrap_or('\\')),
            '[' => match class(chars.as_str()) {
                Some((class, rest)) => {
                    chars = rest.chars();
                    class
                }
                None => Piece::Literal('['),
            },
            c => Piece::Literal(c),
        });
    }
    pieces
}

/// Reads what follows `[`; `None` where it is not closed.
fn class(text: &str) -> Option<(Piece, &str)> {
    let unnegated = text.strip_prefix(['!', '^']);
    let mut chars = unnegated.unwrap_or(text).chars();
    let mut ranges = Vec::new();
    loop {
        let from = match chars.next()? {
            ']' if !ranges.is_empty() => break,
            '\\' => chars.next()?,
            c => c,
        };
        let mut ahead = chars.clone();
        let to = match (ahead.next(), ahead.next()) {
            (Some('-'), Some(to)) if to != ']' => {
                chars = ahead;
                to
            }
            _ => from,
        };
        ranges.push((from, to));
    }
    let negated = unnegated.is_some();
    Some((Piece::Class { negated, ranges }, chars.as_str()))
}

fn within(directory: &Path, part: &[Piece]) -> Vec<PathBuf> {
    let literal: Option<String> = part
        .iter()
        .map(|piece| match piece {
            Piece::Literal(c) => Some(*c),
            _ => None,
        })
        .collect();
    if let Some(name) = literal {
        return vec![directory.join(name)];
    }
    let shows_hidden = matches!(part.first(), Some(Piece::Literal('.')));
    let place = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    let names = fs::read_dir(place).into_iter().flatten().flatten();
    names
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| (shows_hidden || !name.starts_with('.')) && fits(name, part))
        .map(|name| directory.join(name))
        .collect()
}

fn fits(name: &str, part: &[Piece]) -> bool {
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut within) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while let Some(c) = name.get(at) {
        match part.get(within) {
            Some(Piece::Any) => {
                within += 1;
                retry = Some((within, at));
            }
            Some(piece) if piece.takes(*c) => {
                within += 1;
                at += 1;
            }
            _ => match &mut retry {
                None => return false,
                Some((after_star, from)) => {
                    *from += 1;
                    (within, at) = (*after_star, *from);
                }
            },
        }
    }
    part.iter().skip(within).all(|piece| *piece == Piece::Any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_files_in_order() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["b.conf", "a.conf", ".hidden.conf", "c.txt", "x[1].conf"] {
            fs::write(directory.path().join(name), "").unwrap();
        }
        fs::create_dir(directory.path().join("d")).unwrap();
        fs::write(directory.path().join("d/e.conf"), "").unwrap();
        let names = |pattern: &str| -> Vec<String> {
            let pattern = format!("{}/{pattern}", directory.path().display());
            let below = |path: PathBuf| path.strip_prefix(directory.path()).unwrap().display().to_string();
            files(&pattern).into_iter().map(below).collect()
        };
        assert_eq!(names("*.conf"), ["a.conf", "b.conf", "x[1].conf"]);
        assert_eq!(names("[ab].conf"), ["a.conf", "b.conf"]);
        assert_eq!(names("[!a].conf"), ["b.conf"]);
        assert_eq!(names("[a-b].c?nf"), ["a.conf", "b.conf"]);
        assert_eq!(names(r"x\[1].conf"), ["x[1].conf"]);
        assert_eq!(names(".*.conf"), [".hidden.conf"]);
        assert_eq!(names("*/*.conf"), ["d/e.conf"]);
        assert!(names("missing").is_empty() && names("no/*.conf").is_empty() && names("[a.conf").is_empty());
    }
}
