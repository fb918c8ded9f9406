//! Where the data of a disk is, with what is needed to get there.

use super::at::{At, Checked};
use crate::model::access_rules::{check_encryption, check_login};
use crate::model::domain::devices::{
    BackingStore, Disk, DiskSource, DiskType, Encryption, SourceAuth, SourceHost,
};
use crate::xml::trimmed;

pub(super) fn check(at: At<'_>, disk: &Disk) -> Checked {
    if let Some(encryption) = &disk.encryption {
        check_disk_encryption(at.on(&encryption.rest), "/encryption", encryption)?;
    }
    let Some(source) = &disk.source else {
        return Ok(());
    };
    let at = at.on(&source.rest);
    check_one(at, "/source", disk.kind.as_ref(), source)?;
    let auth = [
        ("/auth", disk.auth.as_deref()),
        ("/source/auth", source.auth.as_deref()),
    ];
    for (below, auth) in auth {
        if let Some(auth) = auth {
            check_auth(at.on(&auth.rest), below, source, auth)?;
        }
    }
    let mut below = String::new();
    let mut next = disk.backing_store.as_deref();
    while let Some(store) = next {
        below.push_str("/backingStore");
        check_backing(at, &below, store)?;
        next = store.backing_store.first();
    }
    Ok(())
}

fn check_backing(at: At<'_>, below: &str, store: &BackingStore) -> Checked {
    let Some(kind) = &store.kind else { return Ok(()) };
    let at = at.on(&store.rest);
    let format = store.format.as_ref().and_then(|format| format.kind.as_ref());
    at.need(&format!("{below}/format/@type"), "the format", format)?;
    let source = at.need(&format!("{below}/source"), "the source", store.source.as_ref())?;
    check_one(
        at.on(&source.rest),
        &format!("{below}/source"),
        Some(kind),
        source,
    )
}

fn check_one(at: At<'_>, below: &str, kind: Option<&DiskType>, source: &DiskSource) -> Checked {
    match kind {
        Some(DiskType::Network) => check_network(at, below, source)?,
        Some(DiskType::Volume) => {
            let both = source.pool.is_some() && source.volume.is_some();
            let none = source.pool.is_none() && source.volume.is_none();
            at.refuse_if(
                !both && !none,
                below,
                "a volume is named by 'pool' and 'volume' together",
            )?;
            at.one_of(
                &format!("{below}/@mode"),
                source.mode.as_ref(),
                &["host", "direct", "default"],
            )?;
        }
        Some(DiskType::Nvme) => check_nvme(at, below, source)?,
        Some(DiskType::Vhostuser) => {
            at.need(
                &format!("{below}/@type"),
                "the attribute 'type'",
                source.kind.as_ref(),
            )?;
            at.one_of(&format!("{below}/@type"), source.kind.as_ref(), &["unix"])?;
            at.need_text(
                &format!("{below}/@path"),
                "the path of the socket",
                source.path.as_ref(),
            )?;
        }
        Some(DiskType::Vhostvdpa) => {
            at.need_text(
                &format!("{below}/@dev"),
                "the attribute 'dev'",
                source.dev.as_ref(),
            )?;
        }
        _ => {}
    }
    if let Some(encryption) = &source.encryption {
        check_disk_encryption(
            at.on(&encryption.rest),
            &format!("{below}/encryption"),
            encryption,
        )?;
    }
    check_slices(at, below, source)?;
    check_reservations(at, below, source)
}

const PROTOCOLS: &[&str] = &[
    "nbd", "rbd", "sheepdog", "gluster", "iscsi", "http", "https", "ftp", "ftps", "tftp", "ssh", "vxhs",
    "nfs",
];

fn check_network(at: At<'_>, below: &str, source: &DiskSource) -> Checked {
    let word = format!("{below}/@protocol");
    let protocol = at.need(&word, "the attribute 'protocol'", source.protocol.as_ref())?;
    at.one_of(&word, Some(protocol), PROTOCOLS)?;
    if matches!(protocol.as_str(), "sheepdog" | "vxhs") {
        return Err(at.wrong(
            &word,
            format!("no hypervisor has the protocol '{protocol}' any more"),
        ));
    }
    if protocol != "nbd" {
        at.need_text(
            &format!("{below}/@name"),
            "the name of the source",
            source.name.as_ref(),
        )?;
    }
    for (number, host) in source.hosts.iter().enumerate() {
        check_host(at.on(&host.rest), &format!("{below}/host[{}]", number + 1), host)?;
    }
    if protocol == "iscsi" && source.hosts.len() > 1 {
        return Err(at.wrong(&format!("{below}/host[2]"), "an iSCSI target has one host"));
    }
    Ok(())
}

pub(super) fn check_host(at: At<'_>, below: &str, host: &SourceHost) -> Checked {
    let word = format!("{below}/@transport");
    at.one_of(&word, host.transport.as_ref(), &["tcp", "unix", "rdma"])?;
    let is_unix = host.transport.as_deref() == Some("unix");
    if is_unix {
        at.need_text(
            &format!("{below}/@socket"),
            "the attribute 'socket'",
            host.socket.as_ref(),
        )?;
        return at.refuse_if(
            host.name.is_some() || host.port.is_some(),
            below,
            "a host reached by a socket has neither name nor port",
        );
    }
    at.refuse_if(
        host.socket.is_some(),
        &format!("{below}/@socket"),
        "a socket needs transport='unix'",
    )?;
    at.need_text(
        &format!("{below}/@name"),
        "the name of the host",
        host.name.as_ref(),
    )?;
    let fits = |port: &String| trimmed(port).parse::<u16>().is_ok();
    at.refuse_if(
        host.port.as_ref().is_some_and(|port| !fits(port)),
        &format!("{below}/@port"),
        "the port is not from 0 to 65535",
    )
}

fn check_nvme(at: At<'_>, below: &str, source: &DiskSource) -> Checked {
    let word = format!("{below}/@type");
    at.need(&word, "the attribute 'type'", source.kind.as_ref())?;
    at.one_of(&word, source.kind.as_ref(), &["pci"])?;
    let namespace = *at.need(
        &format!("{below}/@namespace"),
        "the namespace",
        source.namespace.as_ref(),
    )?;
    at.refuse_if(
        namespace == 0,
        &format!("{below}/@namespace"),
        "the namespace is 0; they begin at 1",
    )?;
    let address = at.need(
        &format!("{below}/address"),
        "the address",
        source.address.as_ref(),
    )?;
    super::addresses::check_pci(at.on(&address.rest), &format!("{below}/address"), address)
}

fn check_slices(at: At<'_>, below: &str, source: &DiskSource) -> Checked {
    let slices = source
        .slices
        .as_ref()
        .map(|slices| slices.slices.as_slice())
        .unwrap_or_default();
    for (number, slice) in slices.iter().enumerate() {
        let below = format!("{below}/slices/slice[{}]", number + 1);
        let at = at.on(&slice.rest);
        at.need(
            &format!("{below}/@offset"),
            "the attribute 'offset'",
            slice.offset.as_ref(),
        )?;
        let size = *at.need(
            &format!("{below}/@size"),
            "the attribute 'size'",
            slice.size.as_ref(),
        )?;
        at.refuse_if(size == 0, &format!("{below}/@size"), "the size is 0")?;
    }
    Ok(())
}

fn check_reservations(at: At<'_>, below: &str, source: &DiskSource) -> Checked {
    use crate::model::value::YesNo;
    let Some(reservations) = &source.reservations else {
        return Ok(());
    };
    let below = format!("{below}/reservations");
    let at = at.on(&reservations.rest);
    let managed = *at.need(
        &format!("{below}/@managed"),
        "the attribute 'managed'",
        reservations.managed.as_ref(),
    )?;
    if managed == YesNo::Yes {
        return Ok(());
    }
    let server = at.need(
        &format!("{below}/source"),
        "the source",
        reservations.source.as_ref(),
    )?;
    let at = at.on(&server.rest);
    at.need_text(
        &format!("{below}/source/@path"),
        "the path of the socket",
        server.path.as_ref(),
    )?;
    at.one_of(&format!("{below}/source/@type"), server.kind.as_ref(), &["unix"])?;
    at.one_of(
        &format!("{below}/source/@mode"),
        server.mode.as_ref(),
        &["client"],
    )
}

/// Who we are to the server of a source, and the secret that proves it.
fn check_auth(at: At<'_>, below: &str, source: &DiskSource, auth: &SourceAuth) -> Checked {
    let secret = check_login(auth).map_err(|error| at.around(below, error))?;
    let expected = match source.protocol.as_deref() {
        Some("iscsi") => "iscsi",
        Some("rbd") => "ceph",
        _ => return Ok(()),
    };
    let at = at.on(&secret.rest);
    let word = format!("{below}/secret/@type");
    let kind = at.need(&word, "the attribute 'type'", secret.kind.as_ref())?;
    let sentence = format!("a secret of the type '{kind}' is of no use here; '{expected}' is");
    at.refuse_if(kind != expected, &word, &sentence)
}

fn check_disk_encryption(at: At<'_>, below: &str, encryption: &Encryption) -> Checked {
    check_encryption(encryption).map_err(|error| at.around(below, error))?;
    at.refuse_if(
        encryption.cipher.is_some(),
        &format!("{below}/cipher"),
        "the image says its cipher itself; <cipher> is for making volumes",
    )
}
