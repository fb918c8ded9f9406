//! The order in which devices are booted from.

use super::at::{At, Checked};
use super::each::Device;
use crate::model::domain::config::DomainConfig;
use crate::sorted::SortedMap;

pub(super) fn check(config: &DomainConfig, devices: &[Device<'_>]) -> Checked {
    let mut seen: SortedMap<u32, At<'_>> = SortedMap::new();
    let by_kind = config.os.as_ref().is_some_and(|os| !os.boot.is_empty());
    for device in devices {
        let Some(boot) = device.boot else { continue };
        let at = device.at.on(&boot.rest);
        check_loadparm(at, boot.loadparm.as_deref())?;
        let order = *at.need("/boot/@order", "the attribute 'order'", boot.order.as_ref())?;
        at.refuse_if(order == 0, "/boot/@order", "the boot order is 0; it begins at 1")?;
        at.refuse_if(by_kind, "/boot", "the boot order is said in <os> too")?;
        if let Some(first) = seen.insert(order, device.at) {
            let sentence = format!("the boot order {order} is that of {} too", first.path());
            return Err(at.wrong("/boot/@order", sentence));
        }
    }
    Ok(())
}

/// What an s390 guest is told to load: up to eight letters, digits, dots and blanks.
fn check_loadparm(at: At<'_>, text: Option<&str>) -> Checked {
    let Some(text) = text else { return Ok(()) };
    let below = "/boot/@loadparm";
    at.refuse_when(
        !(1..=8).contains(&text.len()),
        below,
        format_args!("'{text}' does not have 1 to 8 characters"),
    )?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b' ';
    at.refuse_when(
        !text.bytes().all(fits),
        below,
        format_args!("'{text}' has other characters than letters, digits, '.' and blanks"),
    )
}
