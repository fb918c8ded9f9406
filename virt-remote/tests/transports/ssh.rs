//! A real daemon behind a real sshd, by each of the ways from there to its socket.

use std::path::Path;

use virt_core::ErrorKind;
use virt_testkit::live::libvirtd::Libvirtd;
use virt_testkit::live::libvirtd_options::LibvirtdOptions;
use virt_testkit::live::sshd::{self, HostLine, KeyKind, KeyPair, Sshd, SshdBuilder};

use super::{chain, connect, daemon, nobody, use_test_driver};

struct Way {
    sshd: Sshd,
    query: String,
}

impl Way {
    /// An sshd, and what a URI says of its keys and ours.
    async fn start(directory: &Path, builder: SshdBuilder) -> Self {
        let key = directory.join("user");
        let key = match key.exists() {
            true => None,
            false => Some(KeyPair::generate(directory, "user", KeyKind::Ed25519).expect("a key")),
        };
        let key = key.unwrap_or_else(|| panic!("one sshd for each directory"));
        let sshd = builder.authorize(&key).start().await.expect("an sshd");
        let known = directory.join("known_hosts");
        std::fs::write(&known, sshd.known_hosts(HostLine::Plain).expect("a line")).expect("a file");
        let query = format!(
            "sshconfig=none&keyfile={}&known_hosts={}",
            key.private().display(),
            known.display()
        );
        Self { sshd, query }
    }

    fn uri(&self, more: &str) -> String {
        format!(
            "test+ssh://root@{}/default?{}{more}",
            self.sshd.address(),
            self.query
        )
    }
}

/// A directory with a `virt-ssh-helper` that looks for the daemon where that has its sockets: it is the real one.
fn helper_beside(directory: &Path, daemon: &Libvirtd) {
    let script = format!(
        "#!/bin/sh\nexec nsenter --mount={} /usr/bin/virt-ssh-helper \"$@\"\n",
        daemon.mount_namespace().display()
    );
    let path = directory.join("virt-ssh-helper");
    std::fs::write(&path, script).expect("a file");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&path, mode).expect("a mode");
}

#[tokio::test]
async fn a_real_daemon_is_reached_through_sshd_by_each_way() {
    if let Some(missing) = sshd::missing() {
        virt_testkit::skip!("{missing}");
    }
    let Some(daemon) = daemon::start(&LibvirtdOptions::default()).await else {
        return;
    };
    let directory = tempfile::tempdir().expect("a directory");
    helper_beside(directory.path(), &daemon);
    let path = format!(
        "SetEnv PATH={}:/usr/bin:/bin HOME=/nonexistent",
        directory.path().display()
    );
    let way = Way::start(directory.path(), Sshd::builder().line(&path)).await;
    let socket = format!("&socket={}", daemon.socket().display());
    // libvirt's own program, which finds the socket.
    use_test_driver(&way.uri(""), &nobody()).await;
    use_test_driver(&way.uri("&proxy=native"), &nobody()).await;
    // sshd itself, and netcat.
    use_test_driver(&way.uri(&socket), &nobody()).await;
    use_test_driver(&way.uri(&format!("{socket}&proxy=netcat")), &nobody()).await;
    use_test_driver(&way.uri(&format!("{socket}&netcat=/bin/nc")), &nobody()).await;
    // As libvirt's other clients of SSH call it, and by the system's own.
    let other = way.uri(&socket).replace("+ssh", "+libssh2");
    use_test_driver(
        &format!("{other}&sshauth=privkey&known_hosts_verify=normal"),
        &nobody(),
    )
    .await;
    let program = way
        .uri(&socket)
        .replace("sshconfig=none&", "sshconfig=none&transport=program&");
    use_test_driver(&program, &nobody()).await;
    what_is_not_there_is_named(&way, &socket).await;
    the_machines_key_is_checked(&way, &socket, directory.path()).await;
    where_sshd_forbids_sockets_netcat_is_taken(&socket).await;
    daemon.stop().await.expect("an end");
}

async fn what_is_not_there_is_named(way: &Way, socket: &str) {
    for (more, kind, part) in [
        ("&socket=/no/such/socket", ErrorKind::NotFound, "/no/such/socket"),
        (
            "&netcat=/no/such/nc&socket=/tmp",
            ErrorKind::NotFound,
            "/no/such/nc",
        ),
        (
            &format!("{socket}&become=sudo"),
            ErrorKind::InvalidArgument,
            "become",
        ),
        (
            &format!("{socket}&pkipath=/k"),
            ErrorKind::InvalidArgument,
            "pkipath",
        ),
    ] {
        let error = connect(&way.uri(more), &nobody()).await.expect_err("an error");
        assert_eq!(error.kind(), kind, "{more}: {}", chain(&error));
        assert!(error.message().contains(part), "{more}: {error}");
    }
    // What the helper says for itself reaches the caller: nothing of the kind runs in a session of root's.
    let uri = way.uri("&proxy=native&name=nosuchdriver%3A///system&mode=direct");
    let error = connect(&uri, &nobody()).await.expect_err("an error");
    assert!(
        matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::ConnectionLost),
        "{}",
        chain(&error)
    );
}

async fn the_machines_key_is_checked(way: &Way, socket: &str, directory: &Path) {
    let nothing = directory.join("nothing-known");
    std::fs::write(&nothing, "").expect("a file");
    let known = format!("known_hosts={}", directory.join("known_hosts").display());
    let unknown = way
        .uri(socket)
        .replace(&known, &format!("known_hosts={}", nothing.display()));
    let error = connect(&unknown, &nobody()).await.expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed, "{}", chain(&error));
    // What is not checked is kept all the same, as OpenSSH does: from then on it may not change.
    for unchecked in ["no_verify=1", "known_hosts_verify=ignore"] {
        std::fs::write(&nothing, "").expect("a file");
        use_test_driver(&format!("{unknown}&{unchecked}"), &nobody()).await;
        use_test_driver(&unknown, &nobody()).await;
    }
    std::fs::write(&nothing, "").expect("a file");
    use_test_driver(&format!("{unknown}&known_hosts_verify=auto"), &nobody()).await;
    assert!(
        std::fs::read_to_string(&nothing)
            .expect("a file")
            .contains("ssh-ed25519")
    );
    use_test_driver(&unknown, &nobody()).await;
}

async fn where_sshd_forbids_sockets_netcat_is_taken(socket: &str) {
    let directory = tempfile::tempdir().expect("a directory");
    let way = Way::start(directory.path(), Sshd::builder().without_stream_local()).await;
    use_test_driver(&way.uri(socket), &nobody()).await;
}
