//! A disk as xl describes it, in one string: xl-disk-configuration(5).

/// The parts of the string.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct DiskSpec<'t> {
    pub(super) target: Option<&'t str>,
    pub(super) format: Option<&'t str>,
    pub(super) vdev: Option<&'t str>,
    pub(super) access: Option<&'t str>,
    pub(super) backend_type: Option<&'t str>,
    pub(super) backend: Option<&'t str>,
    pub(super) is_cdrom: bool,
    /// Whether blocks the guest does not need are given back, if that is said.
    pub(super) discard: Option<bool>,
}

/// Words that are no parameter of a place.
const FLAGS: &[&str] = &[
    "cdrom",
    "discard",
    "no-discard",
    "removable",
    "direct-io-safe",
    "colo",
    "no-colo",
];

/// What older toolstacks had before the path.
const PREFIXES: &[&str] = &["phy:", "file:", "tap2:", "tap:", "tapdisk:", "aio:", "ioemu:"];
const FORMAT_PREFIXES: &[(&str, &str)] = &[
    ("raw:", "raw"),
    ("qcow2:", "qcow2"),
    ("qcow:", "qcow"),
    ("vhd:", "vhd"),
    ("qed:", "qed"),
];

impl<'t> DiskSpec<'t> {
    /// Reads it.
    ///
    /// # Errors
    /// What is not understood.
    pub(super) fn parse(text: &'t str) -> Result<Self, String> {
        let mut spec = Self::default();
        // Parameters without a name, in their order; each may be said by name, too.
        let mut places = [false; 4];
        let mut rest = Some(text);
        while let Some(text) = rest {
            let text = text.trim_start();
            if let Some(target) = text.strip_prefix("target=") {
                // It takes all that is left.
                spec.target = Some(target);
                break;
            }
            let (part, left) = match text.split_once(',') {
                Some((part, left)) => (part, Some(left)),
                None => (text, None),
            };
            rest = left;
            match part.split_once('=') {
                Some((key, value)) => spec.named(key, value, &mut places)?,
                None if FLAGS.contains(&part) => spec.flag(part),
                None => spec.positional(part, &mut places)?,
            }
        }
        spec.tidy();
        match spec.vdev {
            Some(_) => Ok(spec),
            None => Err("it says no vdev".to_owned()),
        }
    }

    fn named(&mut self, key: &str, value: &'t str, places: &mut [bool; 4]) -> Result<(), String> {
        let [_, format, vdev, access] = places;
        match key {
            "format" => {
                self.format = Some(value);
                *format = true;
            }
            "vdev" => {
                self.vdev = Some(value);
                *vdev = true;
            }
            "access" => {
                self.access = Some(value);
                *access = true;
            }
            "backendtype" => self.backend_type = Some(value),
            "backend" => self.backend = Some(value),
            "devtype" if value == "cdrom" => self.is_cdrom = true,
            "devtype" if matches!(value, "disk" | "") => {}
            // They are of no element.
            "script" | "removable" | "specification" | "transport" | "grant_usage" => {}
            _ if key.starts_with("colo-") || key == "active-disk" || key == "hidden-disk" => {}
            _ => return Err(format!("{key}={value} is not known")),
        }
        Ok(())
    }

    fn flag(&mut self, flag: &str) {
        match flag {
            "cdrom" => self.is_cdrom = true,
            "discard" => self.discard = Some(true),
            "no-discard" => self.discard = Some(false),
            _ => {}
        }
    }

    fn positional(&mut self, part: &'t str, places: &mut [bool; 4]) -> Result<(), String> {
        let Some(place) = places.iter().position(|taken| !taken) else {
            return match part {
                "" => Ok(()),
                _ => Err(format!("{part:?} has no place left")),
            };
        };
        if let Some(taken) = places.get_mut(place) {
            *taken = true;
        }
        match place {
            0 => self.target = Some(part),
            1 => self.format = Some(part),
            2 => self.vdev = Some(part),
            _ => self.access = Some(part),
        }
        Ok(())
    }

    /// What is empty is not said; what older toolstacks wrote is said in its place.
    fn tidy(&mut self) {
        let values = [
            &mut self.target,
            &mut self.format,
            &mut self.vdev,
            &mut self.access,
            &mut self.backend_type,
            &mut self.backend,
        ];
        for value in values {
            *value = value.filter(|value| !value.is_empty());
        }
        if let Some(target) = &mut self.target {
            while let Some(rest) = PREFIXES.iter().find_map(|prefix| target.strip_prefix(prefix)) {
                *target = rest;
            }
            let mut formats = FORMAT_PREFIXES.iter();
            let found = formats.find_map(|(prefix, format)| Some((target.strip_prefix(prefix)?, *format)));
            if let Some((rest, format)) = found.filter(|(rest, _)| rest.starts_with('/')) {
                *target = rest;
                self.format.get_or_insert(format);
            }
        }
        if let Some(vdev) = &mut self.vdev
            && let Some((name, kind)) = vdev.split_once(':')
        {
            self.is_cdrom |= kind == "cdrom";
            *vdev = name;
        }
        self.vdev = self.vdev.filter(|vdev| !vdev.is_empty());
        self.target = self.target.filter(|target| !target.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_have_names_or_places() {
        let full = DiskSpec {
            target: Some("/dev/a"),
            format: Some("raw"),
            vdev: Some("hda"),
            access: Some("rw"),
            ..DiskSpec::default()
        };
        for text in [
            "/dev/a,raw,hda,rw",
            "/dev/a, raw, hda, rw",
            "format=raw, vdev=hda, access=rw, target=/dev/a",
            "vdev=hda,/dev/a,raw,rw",
            "raw:/dev/a,,hda,rw",
            "phy:/dev/a,raw,hda,rw",
            "tap:aio:/dev/a,raw,hda,rw",
        ] {
            assert_eq!(DiskSpec::parse(text).as_ref(), Ok(&full), "{text}");
        }
        let empty = DiskSpec::parse(",,hdc:cdrom,r").unwrap();
        assert!(empty.is_cdrom && empty.target.is_none());
        let comma = DiskSpec::parse("vdev=hda,target=/a,b, c=d").unwrap();
        assert_eq!(comma.target, Some("/a,b, c=d"));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in [
            "",
            "/dev/a",
            "/dev/a,raw,,",
            "/a,raw,hda,rw,more",
            "vdev=hda,what=1",
        ] {
            assert!(DiskSpec::parse(text).is_err(), "{text}");
        }
    }
}
