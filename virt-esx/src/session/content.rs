//! What a server says of itself.

use crate::vim::ServiceContent;

/// Whether it is a vCenter, not a host by itself.
pub(crate) fn is_vcenter(content: &ServiceContent) -> bool {
    content.about.api_type == "VirtualCenter"
}
