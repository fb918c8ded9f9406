//! The one directory in which everything made here is kept, and how several processes share it.

use super::error::{LiveError, Result};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The cache directory: `$VIRT_SDK_CACHE`, else `$XDG_CACHE_HOME/virt-sdk`, else `~/.cache/virt-sdk`.
///
/// It need not exist. With none of the three variables set it is below the system's temporary directory.
#[must_use]
pub fn cache_directory() -> PathBuf {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    set("VIRT_SDK_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|base| base.join("virt-sdk")))
        .or_else(|| set("HOME").map(|home| home.join(".cache/virt-sdk")))
        .unwrap_or_else(|| std::env::temp_dir().join("virt-sdk-cache"))
}

/// The directory `name` in the cache; where it is missing, `build` fills a new one, which then takes the name in one step.
///
/// Safe for many processes at once: one builds, the others wait for it.
pub(super) fn directory_built_once(name: &str, build: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let cache = cache_directory();
    let target = cache.join(name);
    if target.exists() {
        return Ok(target);
    }
    fs::create_dir_all(&cache).map_err(|error| LiveError::file("create", &cache, error))?;
    let lock_path = cache.join(format!("{name}.lock"));
    let lock = File::create(&lock_path).map_err(|error| LiveError::file("create", &lock_path, error))?;
    lock.lock()
        .map_err(|error| LiveError::file("lock", &lock_path, error))?;
    if target.exists() {
        return Ok(target);
    }
    let work = tempfile::Builder::new()
        .prefix(&format!("{name}."))
        .tempdir_in(&cache)
        .map_err(|error| LiveError::file("create a directory in", &cache, error))?;
    build(work.path())?;
    fs::rename(work.path(), &target).map_err(|error| LiveError::file("make", &target, error))?;
    Ok(target)
}

/// A short name for a content: 64 bits of FNV-1a, in hex.
pub(super) fn content_key(parts: &[&str]) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_content_depends_on_where_its_parts_are_cut() {
        assert_eq!(content_key(&["a", "b"]), content_key(&["a", "b"]));
        assert_ne!(content_key(&["a", "b"]), content_key(&["ab"]));
    }
}
