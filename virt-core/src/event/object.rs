//! What can change about objects that are no domains.

use std::time::SystemTime;

use crate::network::NetworkRef;
use crate::node_device::NodeDeviceRef;
use crate::secret::SecretRef;
use crate::storage::StoragePoolRef;

/// Declares an object's event and what can change about it; a change that has no name here is the last of each.
macro_rules! object_events {
    ($(
        $(#[$event_doc:meta])*
        $event:ident of $field:ident: $reference:ident, $(#[$change_doc:meta])*
        $change:ident { $($(#[$item_doc:meta])* $item:ident),+ $(,)? }
    )+) => {$(
        $(#[$event_doc])*
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub struct $event {
            /// Which one.
            pub $field: $reference,
            /// When: the daemon's clock where it gives one, else ours.
            pub at: SystemTime,
            /// What changed.
            pub change: $change,
        }

        impl $event {
            /// An event of now.
            #[must_use]
            pub fn now($field: $reference, change: $change) -> Self {
                Self { $field, at: SystemTime::now(), change }
            }

            /// The same event, at another time.
            #[must_use]
            pub fn at(mut self, at: SystemTime) -> Self {
                self.at = at;
                self
            }
        }

        $(#[$change_doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $change {
            $($(#[$item_doc])* $item,)+
            /// A change that has no name here, as the driver gave it.
            Native {
                /// Its name, or its number where that is all there is.
                name: String,
                /// What came with it, as text.
                data: String,
            },
        }
    )+};
}

object_events! {
    /// A change of one network.
    NetworkEvent of network: NetworkRef,
    /// What changed about a network (`virNetworkEventLifecycleType`, `virNetworkEventID`).
    NetworkChange {
        /// It has a definition now, or another one.
        Defined,
        /// Its definition is gone.
        Undefined,
        /// It is active now.
        Started,
        /// It is active no longer.
        Stopped,
        /// Title, description or metadata changed.
        MetadataChanged,
    }

    /// A change of one storage pool.
    StoragePoolEvent of pool: StoragePoolRef,
    /// What changed about a storage pool (`virStoragePoolEventLifecycleType`, `virStoragePoolEventID`).
    StoragePoolChange {
        /// It has a definition now, or another one.
        Defined,
        /// Its definition is gone.
        Undefined,
        /// It is active now.
        Started,
        /// It is active no longer.
        Stopped,
        /// What it stands on was built: its directory, its file system, its volume group.
        Created,
        /// What it stood on was deleted.
        Deleted,
        /// Its volumes were looked for anew: those known before may be gone, others may be there.
        Refreshed,
    }

    /// A change of one secret.
    SecretEvent of secret: SecretRef,
    /// What changed about a secret (`virSecretEventLifecycleType`, `virSecretEventID`).
    SecretChange {
        /// It has a definition now, or another one.
        Defined,
        /// It is gone.
        Undefined,
        /// Its value is another one.
        ValueChanged,
    }

    /// A change of one device of the machine.
    NodeDeviceEvent of device: NodeDeviceRef,
    /// What changed about a device (`virNodeDeviceEventLifecycleType`, `virNodeDeviceEventID`).
    NodeDeviceChange {
        /// It is there now.
        Created,
        /// It is gone.
        Deleted,
        /// It has a definition now, or another one (mediated devices).
        Defined,
        /// Its definition is gone.
        Undefined,
        /// Its document is another one: a driver was bound, a link came up.
        Updated,
    }
}
