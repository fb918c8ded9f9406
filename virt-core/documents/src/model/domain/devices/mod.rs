//! The devices of a domain, one file per family.

mod address;
mod audio;
mod backing;
mod channel;
mod chardev;
mod console;
mod controller;
mod device;
mod disk;
mod encryption;
mod filesystem;
mod find;
mod graphics;
mod hostdev;
mod input;
mod interface;
mod list;
mod memballoon;
mod memory_device;
mod network_options;
mod panic;
mod parallel;
mod platform;
mod rng;
mod serial;
mod shmem;
mod shorthand;
mod smartcard;
mod sound;
mod source;
mod throttling;
mod tpm;
mod usb;
mod video;
mod virtio;
mod vsock;
mod watchdog;

pub use address::{Address, AddressType, Alias, DeviceAcpi, DeviceBoot, ZpciAddress};
pub use audio::{Audio, AudioChannel, AudioSettings, AudioType};
pub use backing::{BackingFormat, BackingStore, Mirror, MirrorJob};
pub use channel::Channel;
pub use chardev::{
    ChardevClipboard, ChardevLog, ChardevMouse, ChardevProtocol, ChardevSource, ChardevTarget,
    ChardevTargetModel, ChardevType,
};
pub use console::Console;
pub use controller::{
    Controller, ControllerDriver, ControllerModel, ControllerTarget, ControllerType, UsbMaster,
};
pub use device::Device;
pub use disk::{
    BackendDomain, BlockIo, CacheMode, DetectZeroes, DiscardMode, Disk, DiskBus, DiskDevice, DiskDriver,
    DiskGeometry, DiskIoThread, DiskIoThreadQueue, DiskIoThreads, DiskTarget, DiskType, ErrorPolicy,
    ImageFormat, IoMode, Transient,
};
pub use encryption::{Encryption, EncryptionCipher, EncryptionIvGen, EncryptionSecret};
pub use filesystem::{
    Filesystem, FilesystemBinary, FilesystemDriver, FilesystemLock, FilesystemMode, FilesystemOpenFiles,
    FilesystemSource, FilesystemTarget, FilesystemThreadPool,
};
pub use graphics::{
    AudioReference, Graphics, GraphicsChannel, GraphicsCompression, GraphicsCopyPaste, GraphicsFileTransfer,
    GraphicsGl, GraphicsListen, GraphicsMode, GraphicsType,
};
pub use hostdev::{
    HostAddress, HostDevice, HostDeviceDriver, HostDeviceSource, ScsiAdapter, ScsiAdapterParent,
};
pub use input::{Input, InputBus, InputSource, InputType};
pub use interface::{
    Coalesce, CoalesceFrames, CoalesceRx, Interface, InterfaceGuest, InterfaceIp, InterfaceLink,
    InterfaceMac, InterfaceModel, InterfaceMtu, InterfaceRoute, InterfaceScript, InterfaceSource,
    InterfaceTarget, InterfaceTune, InterfaceType, LinkState, Rom, SourceLocal,
};
pub use list::Devices;
pub use memballoon::{MemBalloon, MemBalloonModel, MemBalloonStats};
pub use memory_device::{MemoryBase, MemoryDevice, MemoryDeviceSource, MemoryDeviceTarget, MemoryLabel};
pub use network_options::{
    Bandwidth, BandwidthLimit, FilterParameter, FilterRef, InterfaceBackend, InterfaceDriver, Offloads,
    PortForward, PortIsolation, PortRange, Teaming, VirtualPort, VirtualPortParameters, Vlan, VlanTag,
};
pub use panic::{Panic, PanicModel};
pub use parallel::Parallel;
pub use platform::{
    CryptoBackend, CryptoDevice, Iommu, IommuDriver, Lease, LeaseTarget, NvramDevice, Pstore,
};
pub use rng::{Rng, RngBackend, RngBackendModel, RngRate};
pub use serial::Serial;
pub use shmem::{Shmem, ShmemModel, ShmemMsi, ShmemServer};
pub use smartcard::Smartcard;
pub use sound::{Sound, SoundCodec};
pub use source::{
    AuthSecret, DataStore, DiskSource, Initiator, InitiatorIqn, MetadataCache, Reconnect, Reservations,
    ReservationsSource, SourceAuth, SourceConfig, SourceCookie, SourceCookies, SourceHost, SourceIdentity,
    SourceKnownHosts, SourceReadAhead, SourceSlice, SourceSlices, SourceSnapshot, SourceSsl, SourceTimeout,
    StartupPolicy,
};
pub use throttling::{IoTune, ThrottleFilter, ThrottleFilters, ThrottleGroups};
pub use tpm::{Tpm, TpmBackend, TpmDevice, TpmEncryption, TpmPcrBanks, TpmProfile, TpmSource};
pub use usb::{Hub, RedirectFilter, RedirectRule, RedirectedDevice, UsbId};
pub use video::{Video, VideoAcceleration, VideoDriver, VideoModel, VideoModelType, VideoResolution};
pub use virtio::{VirtioDriver, VirtioModel};
pub use vsock::{Vsock, VsockCid};
pub use watchdog::{Watchdog, WatchdogAction};
