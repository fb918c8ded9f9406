//! The ids that root may map into user namespaces.

use super::super::debian::output_of;
use super::super::error::LiveError;
use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

/// How many ids a container gets.
pub const RANGE: u32 = 65_536;

/// Far above what `useradd` gives to users.
const BASE: u32 = 700_000_000;

const FILES: [&str; 2] = ["/etc/subuid", "/etc/subgid"];

/// Who makes or removes a user holds these files for a moment.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// The first of [`RANGE`] ids that root may map, users and groups alike. Where root has none they are added to
/// `/etc/subuid` and `/etc/subgid`, and stay there.
///
/// # Errors
/// [`LiveError`] with what `usermod` said, when this is not root for example.
pub fn root_range() -> Result<u32, LiveError> {
    let mut tries = 0;
    loop {
        if let Some(base) = known() {
            return Ok(base);
        }
        let range = format!("{BASE}-{}", BASE + RANGE - 1);
        let mut add = Command::new("usermod");
        add.args(["--add-subuids", &range, "--add-subgids", &range, "root"]);
        match output_of(&mut add) {
            Err(error) if tries == TRIES || !error.to_string().contains("lock") => return Err(error),
            _ => {}
        }
        tries += 1;
        thread::sleep(PAUSE);
    }
}

/// What both files give to root alike.
fn known() -> Option<u32> {
    let [users, groups] = FILES.map(|file| fs::read_to_string(file).unwrap_or_default());
    bases(&users).find(|base| bases(&groups).any(|other| other == *base))
}

/// Where root's ranges begin that are large enough.
fn bases(text: &str) -> impl Iterator<Item = u32> {
    text.lines().filter_map(|line| {
        let (base, count) = line.strip_prefix("root:")?.split_once(':')?;
        let count: u32 = count.parse().ok()?;
        (count >= RANGE).then(|| base.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranges_of_root_are_found() {
        let text = "user:100000:65536\nroot:5:10\nroot:700000000:65536\n";
        assert_eq!(bases(text).collect::<Vec<_>>(), [700_000_000]);
    }
}
