//! The lines of a file, by key.

use std::collections::{BTreeSet, HashMap};

use virt_core::{Error, Result};

use super::super::options::{DEFAULT_HARDWARE, FromVmx, Reading};
use super::super::problem::wrong_key;
use crate::vmx::document::{Vmx, unescape};

/// A file, and how it is read.
pub(super) struct Source<'v> {
    values: HashMap<String, &'v str>,
    pub(super) options: &'v FromVmx,
}

impl<'v> Source<'v> {
    pub(super) fn new(vmx: &'v Vmx, options: &'v FromVmx) -> Self {
        let mut values = HashMap::new();
        for entry in vmx.entries() {
            values
                .entry(entry.key.to_ascii_lowercase())
                .or_insert(entry.value);
        }
        Self { values, options }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.options.reading == Reading::Complete
    }

    /// A value as it is written.
    pub(super) fn raw(&self, key: &str) -> Option<&'v str> {
        self.values.get(&key.to_ascii_lowercase()).copied()
    }

    /// A value: as it is written for libvirt, which knows of escapes in names and notes only.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        let value = self.raw(key)?;
        Some(match self.options.reading {
            Reading::Libvirt => value.to_owned(),
            Reading::Complete => unescape(value).unwrap_or_else(|written| written),
        })
    }

    pub(super) fn needed(&self, key: &str) -> Result<String> {
        self.text(key)
            .ok_or_else(|| wrong_key(key, "the file does not say it"))
    }

    /// A number; -1 for `unlimited`.
    pub(super) fn number(&self, key: &str) -> Result<Option<i64>> {
        let Some(value) = self.raw(key) else {
            return Ok(None);
        };
        if value.eq_ignore_ascii_case("unlimited") {
            return Ok(Some(-1));
        }
        match value.trim_start().parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => self.lenient(wrong_key(key, format!("{value:?} is no number"))),
        }
    }

    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>> {
        let Some(value) = self.raw(key) else {
            return Ok(None);
        };
        let is = |word: &str| value.eq_ignore_ascii_case(word);
        match (is("true"), is("false")) {
            (true, _) => Ok(Some(true)),
            (_, true) => Ok(Some(false)),
            _ => self.lenient(wrong_key(key, format!("{value:?} is neither TRUE nor FALSE"))),
        }
    }

    /// Whether a device of the file is there.
    pub(super) fn is_present(&self, device: &str) -> Result<bool> {
        Ok(self.flag(&format!("{device}.present"))?.unwrap_or(false))
    }

    /// What fails in libvirt; a complete reading goes on without.
    pub(super) fn lenient<T>(&self, error: Error) -> Result<Option<T>> {
        match self.options.reading {
            Reading::Libvirt => Err(error),
            Reading::Complete => Ok(None),
        }
    }

    /// A device; one that libvirt fails on is no element in a complete reading.
    pub(super) fn device<T>(&self, read: impl FnOnce() -> Result<Option<T>>) -> Result<Option<T>> {
        read().or_else(|error| self.lenient(error))
    }

    /// The numbers there are of devices with this name, as of `ethernet`.
    pub(super) fn numbers(&self, name: &str) -> BTreeSet<u32> {
        let number = |key: &String| {
            let (number, _) = key.strip_prefix(name)?.split_once('.')?;
            let is_plain = number.bytes().all(|digit| digit.is_ascii_digit());
            // `ethernet01` is none that VMware knows.
            number
                .parse()
                .ok()
                .filter(|found: &u32| is_plain && found.to_string() == number)
        };
        self.values.keys().filter_map(number).collect()
    }

    /// The version of virtual hardware.
    pub(super) fn hardware(&self) -> Result<u32> {
        let key = "virtualHW.version";
        let refuse = |text: String| {
            let none = self.lenient::<u32>(wrong_key(key, text))?;
            Ok(none.unwrap_or(DEFAULT_HARDWARE))
        };
        match self.number(key)? {
            Some(version) => match u32::try_from(version).ok().filter(|version| *version >= 4) {
                Some(version) => Ok(version),
                None => refuse(format!("{version} is less than 4")),
            },
            None => refuse("the file does not say it".to_owned()),
        }
    }
}
