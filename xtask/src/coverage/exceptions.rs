//! What the sources cannot tell: which functions do the work of others, and which a client carries out by itself.

/// How a function that never leaves the client is done here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Local {
    /// By this method or type, which is there.
    By(&'static str),
    /// By this method of a handle where there is one, else by the generated type of what is listed and looked up.
    Identity(&'static str),
    /// By nothing; this is why.
    NotNeeded(&'static str),
}

const VALUES: &str = "handles and results are values: they are cloned, and go when they are dropped";
const ERRORS: &str = "every call returns its own error: `Error`, and `LibvirtError` by downcast";
const LOOP: &str = "the runtime's loop is used: there is none to register, run or feed";
const PARAMETERS: &str = "typed parameters are structs, and `TypedParams` where they are raw";
const START: &str = "there is nothing to initialise, and the version is the crate's";
const CALLBACKS: &str = "streams are futures, `AsyncRead` and `AsyncWrite`: there is nothing to call back";
const PROCESS: &str = "it acts on the calling thread alone: setns(2) and its like";

/// Functions whose work another one does as well: the first of those that is typed. Mostly what libvirt itself has
/// replaced by something with flags, or by one call for all.
const DONE_BY: &[(&str, &[&str])] = &[
    ("virConnectListDefinedDomains", &["virConnectListAllDomains"]),
    ("virConnectListDomains", &["virConnectListAllDomains"]),
    ("virConnectNumOfDefinedDomains", &["virConnectListAllDomains"]),
    ("virConnectNumOfDomains", &["virConnectListAllDomains"]),
    (
        "virConnectListDefinedInterfaces",
        &["virConnectListAllInterfaces"],
    ),
    ("virConnectListInterfaces", &["virConnectListAllInterfaces"]),
    (
        "virConnectNumOfDefinedInterfaces",
        &["virConnectListAllInterfaces"],
    ),
    ("virConnectNumOfInterfaces", &["virConnectListAllInterfaces"]),
    ("virConnectListDefinedNetworks", &["virConnectListAllNetworks"]),
    ("virConnectListNetworks", &["virConnectListAllNetworks"]),
    ("virConnectNumOfDefinedNetworks", &["virConnectListAllNetworks"]),
    ("virConnectNumOfNetworks", &["virConnectListAllNetworks"]),
    (
        "virConnectListDefinedStoragePools",
        &["virConnectListAllStoragePools"],
    ),
    ("virConnectListStoragePools", &["virConnectListAllStoragePools"]),
    (
        "virConnectNumOfDefinedStoragePools",
        &["virConnectListAllStoragePools"],
    ),
    ("virConnectNumOfStoragePools", &["virConnectListAllStoragePools"]),
    ("virConnectListNWFilters", &["virConnectListAllNWFilters"]),
    ("virConnectNumOfNWFilters", &["virConnectListAllNWFilters"]),
    ("virConnectListSecrets", &["virConnectListAllSecrets"]),
    ("virConnectNumOfSecrets", &["virConnectListAllSecrets"]),
    ("virNodeListDevices", &["virConnectListAllNodeDevices"]),
    ("virNodeNumOfDevices", &["virConnectListAllNodeDevices"]),
    ("virNodeDeviceNumOfCaps", &["virNodeDeviceListCaps"]),
    ("virStoragePoolListVolumes", &["virStoragePoolListAllVolumes"]),
    ("virStoragePoolNumOfVolumes", &["virStoragePoolListAllVolumes"]),
    ("virDomainSnapshotNum", &["virDomainListAllSnapshots"]),
    ("virDomainSnapshotListNames", &["virDomainListAllSnapshots"]),
    (
        "virDomainSnapshotNumChildren",
        &["virDomainSnapshotListAllChildren"],
    ),
    (
        "virDomainSnapshotListChildrenNames",
        &["virDomainSnapshotListAllChildren"],
    ),
    ("virDomainHasCurrentSnapshot", &["virDomainSnapshotCurrent"]),
    ("virDomainSnapshotIsCurrent", &["virDomainSnapshotCurrent"]),
    ("virConnectCompareCPU", &["virConnectCompareHypervisorCPU"]),
    ("virConnectBaselineCPU", &["virConnectBaselineHypervisorCPU"]),
    ("virDomainCreate", &["virDomainCreateWithFlags"]),
    ("virDomainCreateLinux", &["virDomainCreateXML"]),
    ("virDomainDefineXML", &["virDomainDefineXMLFlags"]),
    ("virDomainUndefine", &["virDomainUndefineFlags"]),
    ("virDomainShutdown", &["virDomainShutdownFlags"]),
    ("virDomainDestroy", &["virDomainDestroyFlags"]),
    ("virDomainSetMemory", &["virDomainSetMemoryFlags"]),
    ("virDomainSetMaxMemory", &["virDomainSetMemoryFlags"]),
    ("virDomainSetVcpus", &["virDomainSetVcpusFlags"]),
    ("virDomainAttachDevice", &["virDomainAttachDeviceFlags"]),
    ("virDomainDetachDevice", &["virDomainDetachDeviceFlags"]),
    ("virDomainPinVcpu", &["virDomainPinVcpuFlags"]),
    (
        "virDomainGetSchedulerParameters",
        &["virDomainGetSchedulerParametersFlags"],
    ),
    (
        "virDomainSetSchedulerParameters",
        &["virDomainSetSchedulerParametersFlags"],
    ),
    ("virDomainCoreDump", &["virDomainCoreDumpWithFormat"]),
    ("virDomainSave", &["virDomainSaveParams", "virDomainSaveFlags"]),
    ("virDomainSaveFlags", &["virDomainSaveParams"]),
    (
        "virDomainRestore",
        &["virDomainRestoreParams", "virDomainRestoreFlags"],
    ),
    ("virDomainRestoreFlags", &["virDomainRestoreParams"]),
    ("virDomainGetJobInfo", &["virDomainGetJobStats"]),
    ("virDomainAbortJob", &["virDomainAbortJobFlags"]),
    ("virDomainMigrate", &["virDomainMigrate3"]),
    ("virDomainMigrate2", &["virDomainMigrate3"]),
    ("virDomainMigrateToURI", &["virDomainMigrateToURI3"]),
    ("virDomainMigrateToURI2", &["virDomainMigrateToURI3"]),
    ("virDomainGetState", &["virConnectGetAllDomainStats"]),
    (
        "virDomainIsActive",
        &[
            "virDomainGetState",
            "virDomainGetInfo",
            "virConnectGetAllDomainStats",
        ],
    ),
    ("virDomainGetMaxMemory", &["virDomainGetInfo"]),
    // The document says it, of the present run and of the next.
    ("virDomainGetMaxVcpus", &["virDomainGetXMLDesc"]),
    ("virDomainGetMetadata", &["virDomainGetXMLDesc"]),
    ("virDomainGetOSType", &["virDomainGetXMLDesc"]),
    ("virDomainGetVcpusFlags", &["virDomainGetXMLDesc"]),
    ("virNetworkGetMetadata", &["virNetworkGetXMLDesc"]),
    ("virStoragePoolIsActive", &["virStoragePoolGetInfo"]),
    ("virDomainGetFSInfo", &["virDomainGetGuestInfo"]),
    ("virDomainGetHostname", &["virDomainGetGuestInfo"]),
    ("virDomainListGetStats", &["virConnectGetAllDomainStats"]),
    (
        "virDomainBlockStats",
        &["virDomainBlockStatsFlags", "virConnectGetAllDomainStats"],
    ),
    ("virDomainBlockStatsFlags", &["virConnectGetAllDomainStats"]),
    ("virDomainInterfaceStats", &["virConnectGetAllDomainStats"]),
    ("virDomainMemoryStats", &["virConnectGetAllDomainStats"]),
    ("virNetworkCreateXML", &["virNetworkCreateXMLFlags"]),
    ("virNetworkCreateXMLFlags", &["virNetworkCreateXML"]),
    ("virNetworkDefineXML", &["virNetworkDefineXMLFlags"]),
    ("virNetworkDefineXMLFlags", &["virNetworkDefineXML"]),
    ("virNWFilterDefineXML", &["virNWFilterDefineXMLFlags"]),
    ("virNodeDeviceDettach", &["virNodeDeviceDetachFlags"]),
    ("virStorageVolGetInfo", &["virStorageVolGetInfoFlags"]),
    ("virStorageVolWipe", &["virStorageVolWipePattern"]),
    (
        "virConnectDomainEventRegister",
        &["virConnectDomainEventRegisterAny"],
    ),
    (
        "virConnectDomainEventDeregister",
        &["virConnectDomainEventRegisterAny"],
    ),
    (
        "virConnectDomainEventDeregisterAny",
        &["virConnectDomainEventRegisterAny"],
    ),
    (
        "virConnectNetworkEventDeregisterAny",
        &["virConnectNetworkEventRegisterAny"],
    ),
    (
        "virConnectNodeDeviceEventDeregisterAny",
        &["virConnectNodeDeviceEventRegisterAny"],
    ),
    (
        "virConnectSecretEventDeregisterAny",
        &["virConnectSecretEventRegisterAny"],
    ),
    (
        "virConnectStoragePoolEventDeregisterAny",
        &["virConnectStoragePoolEventRegisterAny"],
    ),
];

/// What clients carry out by themselves, and what opens and ends a session.
const LOCAL: &[(&str, Local)] = &[
    ("virConnectOpen", Local::By("ConnectionBuilder::open")),
    ("virConnectOpenAuth", Local::By("ConnectionBuilder::open")),
    ("virConnectOpenReadOnly", Local::By("ConnectionBuilder::open")),
    ("virConnectClose", Local::By("Connection::shutdown")),
    ("virConnectGetURI", Local::By("Connection::uri")),
    ("virConnectIsAlive", Local::By("Connection::is_alive")),
    (
        "virConnectSetKeepAlive",
        Local::By("SessionOptions::with_keepalive"),
    ),
    ("virConnectGetType", Local::By("Connection::driver_name")),
    (
        "virConnectAuthPtrDefault",
        Local::NotNeeded("a library does not ask at the terminal: the program gives the credentials"),
    ),
    (
        "virConnectIsEncrypted",
        Local::NotNeeded("the URI's transport says it"),
    ),
    ("virDomainGetConnect", Local::By("Domain::connection")),
    ("virDomainGetID", Local::By("Domain::id")),
    ("virDomainGetName", Local::By("Domain::name")),
    ("virDomainGetUUID", Local::By("Domain::uuid")),
    ("virDomainGetUUIDString", Local::By("Domain::uuid")),
    ("virDomainLookupByUUIDString", Local::By("Connection::domain")),
    (
        "virDomainCheckpointGetConnect",
        Local::Identity("Checkpoint::connection"),
    ),
    (
        "virDomainCheckpointGetDomain",
        Local::Identity("Checkpoint::domain"),
    ),
    ("virDomainCheckpointGetName", Local::Identity("Checkpoint::name")),
    ("virDomainSnapshotGetConnect", Local::Identity("Snapshot::domain")),
    ("virDomainSnapshotGetDomain", Local::Identity("Snapshot::domain")),
    ("virDomainSnapshotGetName", Local::Identity("Snapshot::name")),
    (
        "virInterfaceGetConnect",
        Local::Identity("HostInterface::connection"),
    ),
    ("virInterfaceGetMACString", Local::Identity("HostInterface::mac")),
    ("virInterfaceGetName", Local::Identity("HostInterface::name")),
    ("virNetworkGetConnect", Local::Identity("Network::connection")),
    ("virNetworkGetName", Local::Identity("Network::name")),
    ("virNetworkGetUUID", Local::Identity("Network::uuid")),
    ("virNetworkGetUUIDString", Local::Identity("Network::uuid")),
    (
        "virNetworkLookupByUUIDString",
        Local::Identity("Connection::network"),
    ),
    (
        "virNetworkPortGetNetwork",
        Local::Identity("NetworkPort::network"),
    ),
    ("virNetworkPortGetUUID", Local::Identity("NetworkPort::uuid")),
    (
        "virNetworkPortGetUUIDString",
        Local::Identity("NetworkPort::uuid"),
    ),
    (
        "virNetworkPortLookupByUUIDString",
        Local::Identity("Network::port"),
    ),
    ("virNodeDeviceGetName", Local::Identity("NodeDevice::name")),
    ("virNWFilterGetName", Local::Identity("NwFilter::name")),
    ("virNWFilterGetUUID", Local::Identity("NwFilter::uuid")),
    ("virNWFilterGetUUIDString", Local::Identity("NwFilter::uuid")),
    (
        "virNWFilterLookupByUUIDString",
        Local::Identity("Connection::nw_filter"),
    ),
    (
        "virNWFilterBindingGetFilterName",
        Local::Identity("NwFilterBinding::filter"),
    ),
    (
        "virNWFilterBindingGetPortDev",
        Local::Identity("NwFilterBinding::port"),
    ),
    ("virSecretGetConnect", Local::Identity("Secret::connection")),
    ("virSecretGetUUID", Local::Identity("Secret::uuid")),
    ("virSecretGetUUIDString", Local::Identity("Secret::uuid")),
    ("virSecretGetUsageID", Local::Identity("Secret::usage")),
    ("virSecretGetUsageType", Local::Identity("Secret::usage")),
    (
        "virSecretLookupByUUIDString",
        Local::Identity("Connection::secret"),
    ),
    (
        "virStoragePoolGetConnect",
        Local::Identity("StoragePool::connection"),
    ),
    ("virStoragePoolGetName", Local::Identity("StoragePool::name")),
    ("virStoragePoolGetUUID", Local::Identity("StoragePool::uuid")),
    (
        "virStoragePoolGetUUIDString",
        Local::Identity("StoragePool::uuid"),
    ),
    (
        "virStoragePoolLookupByUUIDString",
        Local::Identity("Connection::storage_pool"),
    ),
    (
        "virStorageVolGetConnect",
        Local::Identity("StorageVolume::connection"),
    ),
    ("virStorageVolGetKey", Local::Identity("StorageVolume::key")),
    ("virStorageVolGetName", Local::Identity("StorageVolume::name")),
    ("virStreamSend", Local::By("RpcStream::send")),
    ("virStreamSendHole", Local::By("RpcStream::send_hole")),
    ("virStreamRecv", Local::By("RpcStream::next")),
    ("virStreamRecvFlags", Local::By("RpcStream::next")),
    ("virStreamRecvHole", Local::By("RpcStream::next")),
    ("virStreamFinish", Local::By("RpcStream::finish")),
    ("virStreamAbort", Local::By("RpcStream::abort")),
    ("virStreamNew", Local::By("RpcConnection::open_stream")),
    ("virStreamRecvAll", Local::By("RpcStream::into_io")),
    ("virStreamSendAll", Local::By("RpcStream::into_io")),
    ("virStreamSparseRecvAll", Local::By("RpcStream::next")),
    ("virStreamSparseSendAll", Local::By("RpcStream::send_hole")),
    ("virStreamEventAddCallback", Local::NotNeeded(CALLBACKS)),
    ("virStreamEventRemoveCallback", Local::NotNeeded(CALLBACKS)),
    ("virStreamEventUpdateCallback", Local::NotNeeded(CALLBACKS)),
    (
        "virConnectRegisterCloseCallback",
        Local::By("RpcConnection::ended"),
    ),
    (
        "virConnectUnregisterCloseCallback",
        Local::By("RpcConnection::ended"),
    ),
    ("virAdmConnectIsAlive", Local::By("RpcConnection::end_reason")),
    (
        "virAdmConnectRegisterCloseCallback",
        Local::By("RpcConnection::ended"),
    ),
    (
        "virAdmConnectUnregisterCloseCallback",
        Local::By("RpcConnection::ended"),
    ),
    (
        "virAdmConnectGetURI",
        Local::NotNeeded("the program has chosen the socket"),
    ),
    ("virAdmServerGetName", Local::Identity("AdminServer::name")),
    ("virAdmClientGetID", Local::Identity("AdminClient::id")),
    (
        "virAdmClientGetTimestamp",
        Local::Identity("AdminClient::connected_at"),
    ),
    (
        "virAdmClientGetTransport",
        Local::Identity("AdminClient::transport"),
    ),
    ("virDomainLxcEnterCGroup", Local::NotNeeded(PROCESS)),
    ("virDomainLxcEnterNamespace", Local::NotNeeded(PROCESS)),
    ("virDomainLxcEnterSecurityLabel", Local::NotNeeded(PROCESS)),
    ("virGetVersion", Local::NotNeeded(START)),
    ("virInitialize", Local::NotNeeded(START)),
    ("virAdmGetVersion", Local::NotNeeded(START)),
    ("virAdmInitialize", Local::NotNeeded(START)),
];

/// Functions of a kind.
const FAMILIES: &[(&str, &str, &str)] = &[
    ("vir", "Free", VALUES),
    ("vir", "Ref", VALUES),
    ("virConn", "LastError", ERRORS),
    ("virConnSetErrorFunc", "", ERRORS),
    ("virCopyLastError", "", ERRORS),
    ("virDefaultErrorFunc", "", ERRORS),
    ("virFreeError", "", ERRORS),
    ("virGetLastError", "", ERRORS),
    ("virResetError", "", ERRORS),
    ("virResetLastError", "", ERRORS),
    ("virSaveLastError", "", ERRORS),
    ("virSetErrorFunc", "", ERRORS),
    ("virEvent", "", LOOP),
    ("virTypedParams", "", PARAMETERS),
];

/// The functions that do the work of this one as well.
pub(super) fn done_by(function: &str) -> &'static [&'static str] {
    let found = DONE_BY.iter().find(|(name, _)| *name == function);
    found.map_or(&[], |(_, others)| others)
}

/// How it is done without the daemon, if it is.
pub(super) fn local(function: &str) -> Option<Local> {
    if let Some((_, local)) = LOCAL.iter().find(|(name, _)| *name == function) {
        return Some(*local);
    }
    let family = FAMILIES
        .iter()
        .find(|(begins, ends, _)| function.starts_with(begins) && function.ends_with(ends));
    family.map(|(_, _, reason)| Local::NotNeeded(reason))
}

/// Every function that stands here by its name.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    let done = DONE_BY
        .iter()
        .flat_map(|(name, others)| std::iter::once(*name).chain(others.iter().copied()));
    done.chain(LOCAL.iter().map(|(name, _)| *name))
}
