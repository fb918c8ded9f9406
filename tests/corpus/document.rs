//! One document through its types and back.

use virt_sdk::model::{AnyDocument, Device};
use virt_sdk::xml::Document;

use crate::compare::same;

/// Reads the text into its types, writes it, and reads that again: nothing may be lost, moved or added.
///
/// # Errors
/// Says what was.
pub(crate) fn round_trip(text: &str) -> Result<AnyDocument, String> {
    let document = AnyDocument::from_xml(text).map_err(|error| error.to_string())?;
    let written = document.to_xml();
    same(&written, text)?;
    let again = AnyDocument::from_xml(&written).map_err(|error| format!("what we wrote: {error}"))?;
    if again != document {
        return Err("it is not equal after it was written".to_owned());
    }
    let canonical = document.canonical();
    if canonical != document {
        return Err("its canonical form says something else".to_owned());
    }
    let (before, after) = (Document::parse(text), Document::parse(&written));
    match (before, after) {
        (Ok(before), Ok(after)) if before.before == after.before && before.after == after.after => {
            Ok(document)
        }
        _ => Err("a comment around the root was lost".to_owned()),
    }
}

/// The same of a device by itself.
///
/// # Errors
/// As [`round_trip`].
pub(crate) fn round_trip_device(text: &str) -> Result<Device, String> {
    let device = Device::from_xml(text).map_err(|error| error.to_string())?;
    let written = device.to_xml();
    same(&written, text)?;
    let again = Device::from_xml(&written).map_err(|error| format!("what we wrote: {error}"))?;
    match (again == device, device.canonical() == device) {
        (true, true) => Ok(device),
        (false, _) => Err("it is not equal after it was written".to_owned()),
        (true, false) => Err("its canonical form says something else".to_owned()),
    }
}
