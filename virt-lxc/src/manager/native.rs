//! What has to be known of the machine before a document becomes a configuration.

use virt_core::Result;
use virt_core::host::{BatchMode, Command, FileKind, HostOp, HostReply};
use virt_core::model::DomainConfig;

use super::Manager;
use crate::convert::{DeviceNumber, ToNative, block_sources, devices_needed, mount_sources};

impl Manager {
    /// What a conversion of this document has to know of the machine, in one round trip; none where it needs nothing.
    pub(crate) async fn native_context(&self, config: &DomainConfig) -> Result<ToNative> {
        let mut context = ToNative::new(self.groups().as_ref().clone());
        let devices = devices_needed(config);
        let blocks = block_sources(config);
        let sources = mount_sources(config);
        let mut ops = Vec::new();
        ops.extend(devices.iter().map(|path| {
            // Numbers in hexadecimal, then what it is.
            HostOp::Run(Command::new("stat").args(["-L", "-c", "%t %T %F", "--", path]))
        }));
        ops.extend(
            blocks.iter().map(|path| {
                HostOp::Run(Command::new("blkid").args(["-o", "value", "-s", "TYPE", "--", path]))
            }),
        );
        ops.extend(sources.iter().map(|path| HostOp::Stat { path: path.clone() }));
        if ops.is_empty() {
            return Ok(context);
        }
        let mut replies = self.host.batch(BatchMode::All, ops).await.into_iter();
        for path in devices {
            if let Some(number) = said(replies.next()).as_deref().and_then(device_number) {
                context = context.with_device(path, number);
            }
        }
        for path in blocks {
            if let Some(kind) = said(replies.next()).filter(|kind| !kind.is_empty()) {
                context = context.with_filesystem_type(path, kind);
            }
        }
        for path in sources {
            if let Some(Ok(HostReply::Stat(Some(stat)))) = replies.next()
                && stat.kind != FileKind::Directory
            {
                context = context.with_file(path);
            }
        }
        Ok(context)
    }
}

/// What a program said that succeeded.
fn said(reply: Option<Result<HostReply>>) -> Option<String> {
    match reply {
        Some(Ok(HostReply::Output(output))) if output.status.success() => {
            Some(output.stdout_text().trim().to_owned())
        }
        _ => None,
    }
}

/// `8 10 block special file`: numbers in hexadecimal.
fn device_number(text: &str) -> Option<DeviceNumber> {
    let mut words = text.splitn(3, ' ');
    let mut number = || u32::from_str_radix(words.next()?, 16).ok();
    let (major, minor) = (number()?, number()?);
    let kind = words.next()?;
    let block = kind.starts_with("block");
    (block || kind.starts_with("character")).then_some(DeviceNumber { major, minor, block })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_numbers_are_read() {
        let number = device_number("8 1f block special file").unwrap();
        assert_eq!((number.major, number.minor, number.block), (8, 31, true));
        let number = device_number("1 3 character special file").unwrap();
        assert_eq!((number.major, number.minor, number.block), (1, 3, false));
        assert_eq!(device_number("0 0 regular file"), None);
    }
}
