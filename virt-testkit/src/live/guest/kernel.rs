//! The uncompressed kernel inside a Debian kernel package: it boots in half the time of the compressed one.

use crate::live::debian::output_of;
use crate::live::error::{LiveError, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where a bzImage says how many 512-byte sectors its real-mode part has.
const SETUP_SECTORS: usize = 0x1f1;
/// Where it says where the compressed kernel starts, counted from the end of that part.
const PAYLOAD_OFFSET: usize = 0x248;
/// Where it says how long the compressed kernel is.
const PAYLOAD_LENGTH: usize = 0x24c;

const FORMATS: [(&[u8], &str, &[&str]); 3] = [
    (b"\xfd7zXZ\x00", "xz", &["-dc", "--single-stream"]),
    (b"\x28\xb5\x2f\xfd", "zstd", &["-dcq"]),
    (b"\x1f\x8b\x08", "gzip", &["-dcq"]),
];

/// Takes the kernel from the unpacked package in `root` and writes it, uncompressed, to `target`.
pub(super) fn extract(root: &Path, target: &Path) -> Result<()> {
    let image = find_image(root)?;
    let bytes = fs::read(&image).map_err(|error| LiveError::file("read", &image, error))?;
    let payload = payload(&bytes)
        .ok_or_else(|| LiveError::Unexpected(format!("{} is not a bzImage", image.display())))?;
    let (_, program, arguments) = FORMATS
        .iter()
        .find(|(magic, _, _)| payload.starts_with(magic))
        .ok_or_else(|| {
            LiveError::Unexpected(format!(
                "{} is compressed in a way not known here",
                image.display()
            ))
        })?;
    let packed = target.with_extension("packed");
    fs::write(&packed, payload).map_err(|error| LiveError::file("write", &packed, error))?;
    let kernel = output_of(Command::new(program).args(*arguments).arg(&packed))?;
    fs::remove_file(&packed).map_err(|error| LiveError::file("remove", &packed, error))?;
    if !kernel.starts_with(b"\x7fELF") {
        return Err(LiveError::Unexpected(format!(
            "{} holds no ELF kernel",
            image.display()
        )));
    }
    fs::write(target, kernel).map_err(|error| LiveError::file("write", target, error))
}

fn find_image(root: &Path) -> Result<PathBuf> {
    let boot = root.join("boot");
    let entries = fs::read_dir(&boot).map_err(|error| LiveError::file("read", &boot, error))?;
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("vmlinuz-"))
        })
        .ok_or_else(|| LiveError::Unexpected(format!("no vmlinuz in {}", boot.display())))
}

/// The compressed kernel in a bzImage, by the boot protocol's header; without the size that the kernel's build
/// puts behind it, which a strict decompressor takes for damage.
fn payload(image: &[u8]) -> Option<&[u8]> {
    let word = |at: usize| -> Option<usize> {
        let bytes: [u8; 4] = image.get(at..at.checked_add(4)?)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    };
    let sectors = usize::from(*image.get(SETUP_SECTORS)?);
    let start = (sectors + 1)
        .checked_mul(512)?
        .checked_add(word(PAYLOAD_OFFSET)?)?;
    let end = start.checked_add(word(PAYLOAD_LENGTH)?.checked_sub(4)?)?;
    image.get(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_payload_is_where_the_header_says() {
        let mut image = vec![0_u8; 4096];
        image[SETUP_SECTORS] = 3;
        image[PAYLOAD_OFFSET] = 16;
        image[PAYLOAD_LENGTH] = 12;
        image[2064..2072].copy_from_slice(b"12345678");
        assert_eq!(payload(&image), Some(&b"12345678"[..]));
        assert_eq!(payload(&image[..2066]), None);
        assert_eq!(payload(b"short"), None);
    }
}
