//! The devices of a domain, one file per family.

mod address;
mod audio;
mod backing;
mod channel;
mod chardev;
mod console;
mod controller;
mod disk;
mod encryption;
mod graphics;
mod input;
mod interface;
mod list;
mod memballoon;
mod network_options;
mod panic;
mod parallel;
mod rng;
mod serial;
mod shorthand;
mod sound;
mod source;
mod throttling;
mod video;
mod virtio;
mod vsock;
mod watchdog;

pub use address::{Address, AddressType, Alias, DeviceAcpi, DeviceBoot, ZpciAddress};
pub use audio::{Audio, AudioType};
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
pub use disk::{
    BackendDomain, BlockIo, CacheMode, DetectZeroes, DiscardMode, Disk, DiskBus, DiskDevice, DiskDriver,
    DiskGeometry, DiskIoThread, DiskIoThreadQueue, DiskIoThreads, DiskTarget, DiskType, ErrorPolicy,
    ImageFormat, IoMode, Transient,
};
pub use encryption::{Encryption, EncryptionCipher, EncryptionIvGen, EncryptionSecret};
pub use graphics::{
    AudioReference, Graphics, GraphicsChannel, GraphicsCompression, GraphicsCopyPaste, GraphicsFileTransfer,
    GraphicsGl, GraphicsListen, GraphicsMode, GraphicsType,
};
pub use input::{Input, InputBus, InputSource, InputType};
pub use interface::{
    Coalesce, CoalesceFrames, CoalesceRx, Interface, InterfaceGuest, InterfaceIp, InterfaceLink,
    InterfaceMac, InterfaceModel, InterfaceMtu, InterfaceRoute, InterfaceScript, InterfaceSource,
    InterfaceTarget, InterfaceTune, InterfaceType, LinkState, Rom, SourceLocal,
};
pub use list::Devices;
pub use memballoon::{MemBalloon, MemBalloonModel, MemBalloonStats};
pub use network_options::{
    Bandwidth, BandwidthLimit, FilterParameter, FilterRef, InterfaceBackend, InterfaceDriver, Offloads,
    PortForward, PortIsolation, PortRange, Teaming, VirtualPort, VirtualPortParameters, Vlan, VlanTag,
};
pub use panic::{Panic, PanicModel};
pub use parallel::Parallel;
pub use rng::{Rng, RngBackend, RngBackendModel, RngRate};
pub use serial::Serial;
pub use sound::{Sound, SoundCodec};
pub use source::{
    AuthSecret, DataStore, DiskSource, Initiator, InitiatorIqn, MetadataCache, Reconnect, Reservations,
    ReservationsSource, SourceAuth, SourceConfig, SourceCookie, SourceCookies, SourceHost, SourceIdentity,
    SourceKnownHosts, SourceReadAhead, SourceSlice, SourceSlices, SourceSnapshot, SourceSsl, SourceTimeout,
    StartupPolicy,
};
pub use throttling::{IoTune, ThrottleFilter, ThrottleFilters};
pub use video::{Video, VideoAcceleration, VideoDriver, VideoModel, VideoModelType, VideoResolution};
pub use virtio::{VirtioDriver, VirtioModel};
pub use vsock::{Vsock, VsockCid};
pub use watchdog::{Watchdog, WatchdogAction};
