//! Kernel modules and the order in which they have to be loaded, as the modules themselves say it.

use crate::live::error::{LiveError, Result};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of an unpacked kernel package.
#[derive(Debug)]
pub(super) struct Modules {
    files: BTreeMap<String, PathBuf>,
}

impl Modules {
    /// Finds them below `root`.
    pub(super) fn find(root: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        let mut open = vec![root.join("lib/modules")];
        while let Some(directory) = open.pop() {
            let entries =
                fs::read_dir(&directory).map_err(|error| LiveError::file("read", &directory, error))?;
            for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
                if path.is_dir() && !path.is_symlink() {
                    open.push(path);
                } else if let Some(name) = path
                    .file_name()
                    .and_then(|name| name.to_str()?.strip_suffix(".ko"))
                {
                    files.insert(plain(name), path);
                }
            }
        }
        match files.is_empty() {
            true => Err(LiveError::Unexpected(format!(
                "no kernel modules below {}",
                root.display()
            ))),
            false => Ok(Self { files }),
        }
    }

    /// `module` and what it depends on, in loading order; empty when the kernel has it built in.
    pub(super) fn with_dependencies(&self, module: &str) -> Result<Vec<(String, PathBuf)>> {
        let mut order = Vec::new();
        self.visit(&plain(module), &mut order)?;
        Ok(order)
    }

    fn visit(&self, name: &str, order: &mut Vec<(String, PathBuf)>) -> Result<()> {
        let Some(path) = self.files.get(name) else {
            return Ok(());
        };
        if order.iter().any(|(known, _)| known == name) {
            return Ok(());
        }
        let bytes = fs::read(path).map_err(|error| LiveError::file("read", path, error))?;
        for dependency in dependencies(&bytes) {
            self.visit(&dependency, order)?;
        }
        order.push((name.to_owned(), path.clone()));
        Ok(())
    }
}

/// A module's name in the one spelling that file names and dependencies share.
fn plain(name: &str) -> String {
    name.replace('-', "_")
}

/// What a module says in its `depends=` field, a string among others, each ended by a zero byte.
fn dependencies(module: &[u8]) -> Vec<String> {
    const FIELD: &[u8] = b"\0depends=";
    let Some(at) = module.windows(FIELD.len()).position(|window| window == FIELD) else {
        return Vec::new();
    };
    let value = module.get(at + FIELD.len()..).unwrap_or_default();
    let text = value.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text)
        .split(',')
        .filter(|name| !name.is_empty())
        .map(plain)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_read_from_the_module_itself() {
        assert_eq!(
            dependencies(b"x\0license=GPL\0depends=virtio,virtio-ring\0name=y\0"),
            ["virtio", "virtio_ring"]
        );
        assert_eq!(dependencies(b"x\0depends=\0name=y\0"), Vec::<String>::new());
        assert_eq!(dependencies(b"nothing"), Vec::<String>::new());
    }
}
