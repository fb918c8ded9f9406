//! Reads files, line by line, and keeps track of whether the lines apply.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use virt_core::{Error, ErrorKind, Result};

use super::criteria::{self, Subject};
use super::glob;
use super::keyword::{self, Keyword};
use super::options::{Options, Text};
use super::pattern;
use super::place::Place;
use super::settings::{self, Line};
use super::words::{self, BLANKS};

/// How deep files may include each other.
const DEEPEST: u32 = 16;

/// What is special about a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source {
    /// Whether it is the user's rather than the machine's.
    pub(super) from_user: bool,
    /// Whether it is refused when others may write it.
    pub(super) checked: bool,
    /// Whether nothing in it applies: it is included by a block that does not.
    pub(super) inert: bool,
    /// How many files include it, one within the other.
    pub(super) depth: u32,
}

/// One reading of all files.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) subject: Subject<'a>,
    pub(super) options: &'a mut Options,
    /// Whether `Match final` asks for a second reading.
    pub(super) wants_final: bool,
}

impl Reader<'_> {
    /// Reads a file. `active` says whether the lines before its first `Host` or `Match` apply.
    ///
    /// The inner result is the error of opening it, which is the caller's to judge.
    pub(super) fn file(&mut self, path: &Path, source: Source, mut active: bool) -> Result<io::Result<()>> {
        if source.depth > DEEPEST {
            let message = format!(
                "{}: files include each other more than {DEEPEST} deep",
                path.display()
            );
            return Err(Error::new(ErrorKind::InvalidConfig, message));
        }
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) => return Ok(Err(error)),
        };
        let unreadable = |error: io::Error| {
            Error::new(ErrorKind::InvalidConfig, settings::unreadable(path, &error)).with_source(error)
        };
        let metadata = file.metadata().map_err(unreadable)?;
        if source.checked {
            self.check_owner(path, &metadata)?;
        }
        if metadata.is_dir() {
            return Ok(Ok(()));
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(unreadable)?;
        for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let place = Place {
                file: path,
                line: at + 1,
            };
            if line.trim_ascii_start().starts_with(b"#") {
                continue;
            }
            let line = str::from_utf8(line).map_err(|_| place.refuse("the line is not UTF-8"))?;
            if line.contains('\0') {
                return Err(place.refuse("the line has a zero byte"));
            }
            self.line(place, line, source, &mut active)?;
        }
        Ok(Ok(()))
    }

    fn check_owner(&self, path: &Path, metadata: &std::fs::Metadata) -> Result<()> {
        let trusted = metadata.uid() == 0 || metadata.uid() == self.subject.environment.uid;
        let why = match (trusted, metadata.mode() & 0o022) {
            (true, 0) => return Ok(()),
            (false, _) => "it belongs to another user",
            (true, _) => "others may write it (chmod go-w takes that away)",
        };
        let message = format!("{} is not read: {why}", path.display());
        Err(Error::new(ErrorKind::Denied, message))
    }

    fn line(&mut self, place: Place<'_>, text: &str, source: Source, active: &mut bool) -> Result<()> {
        let text = text.trim_end_matches(|c| BLANKS.contains(&c) || c == '\u{c}');
        let mut rest = Some(text);
        let mut word = words::cut(&mut rest);
        if word.as_ref().is_some_and(String::is_empty) {
            word = words::cut(&mut rest);
        }
        let Some(name) = word.filter(|word| !word.is_empty() && !word.starts_with('#')) else {
            return Ok(());
        };
        let name = name.to_ascii_lowercase();
        let rest = rest.unwrap_or_default().trim_start_matches(BLANKS);
        if rest.is_empty() {
            return Err(place.refuse(format_args!("{name} has nothing behind it")));
        }
        let known = keyword::find(&name);
        let Some(arguments) = words::split(rest) else {
            return Err(place.refuse("a quote is not closed"));
        };
        let Some((name, keyword)) = known else {
            return self.unknown(place, &name);
        };
        let line = Line {
            place,
            keyword: name,
            rest,
            arguments,
            from_user: source.from_user,
            active: *active,
        };
        match keyword {
            Keyword::Host => *active = self.host(&line, source)?,
            Keyword::Match => {
                let verdict = criteria::look(rest, place, self.subject, self.options)?;
                self.wants_final |= verdict.wants_final;
                *active = verdict.matches && !source.inert;
            }
            Keyword::Include => self.include(&line, source)?,
            keyword => settings::apply(&line, keyword, self.options, self.subject.environment)?,
        }
        Ok(())
    }

    fn unknown(&self, place: Place<'_>, name: &str) -> Result<()> {
        let ignored = self.options.text(Text::IgnoreUnknown).unwrap_or_default();
        if pattern::fits_list(name, &ignored.to_ascii_lowercase()) {
            return Ok(());
        }
        Err(place.refuse(format_args!(
            "there is no keyword {name:?} (IgnoreUnknown {name} passes over it)"
        )))
    }

    /// Whether the block of a `Host` line applies.
    fn host(&self, line: &Line<'_>, source: Source) -> Result<bool> {
        let mut applies = false;
        for pattern in &line.arguments {
            if pattern.is_empty() {
                return Err(line.place.refuse("host has an empty pattern"));
            }
            if source.inert {
                return Ok(false);
            }
            match pattern.strip_prefix('!') {
                Some(pattern) if pattern::fits(self.subject.host, pattern) => return Ok(false),
                None if pattern::fits(self.subject.host, pattern) => applies = true,
                _ => {}
            }
        }
        Ok(applies)
    }

    fn include(&mut self, line: &Line<'_>, source: Source) -> Result<()> {
        let environment = self.subject.environment;
        let within = Source {
            checked: true,
            inert: source.inert || !line.active,
            depth: source.depth + 1,
            ..source
        };
        for pattern in &line.arguments {
            if pattern.is_empty() {
                return Err(line.place.refuse("include has an empty path"));
            }
            if pattern.starts_with('~') && !source.from_user {
                let why = format!("include {pattern:?}: only a user's file has a home");
                return Err(line.place.refuse(why));
            }
            // There is no file of a user there is not.
            let Some(pattern) = environment.expand_tilde(pattern) else {
                continue;
            };
            let base = if source.from_user {
                environment.user_directory()
            } else {
                environment.system_directory.clone()
            };
            let pattern = match pattern.strip_prefix('/') {
                Some(_) => pattern,
                None => format!("{}/{pattern}", base.display()),
            };
            for path in glob::files(&pattern) {
                match self.file(&path, within, line.active)? {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(line.place.refuse(settings::unreadable(&path, &error)));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}
