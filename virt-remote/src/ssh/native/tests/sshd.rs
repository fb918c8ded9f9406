//! An sshd of the test's own, with keys and accounts of its own.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};

use crate::ssh::config::{ConfigFiles, Environment, HostConfig, Identity, Lookup};

const SSHD: &str = "/usr/sbin/sshd";
/// The account that has a password.
pub(in crate::ssh) const TESTER: &str = "tester";
pub(in crate::ssh) const PASSWORD: &str = "open sesame";

/// A running sshd on a port of the loopback address. Dropping it ends it.
pub(in crate::ssh) struct Sshd {
    pub(in crate::ssh) port: u16,
    directory: tempfile::TempDir,
    child: Option<Child>,
}

/// Whether there is what the tests need: sshd, and the rights to give it accounts of its own.
pub(in crate::ssh) fn missing() -> Option<&'static str> {
    if !Path::new(SSHD).exists() {
        return Some("sshd (Debian: openssh-server)");
    }
    (!is_root()).then_some("root, to run an sshd")
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Ends the test as skipped where there is no sshd.
macro_rules! need_sshd {
    () => {
        if let Some(missing) = $crate::ssh::native::tests::sshd::missing() {
            virt_testkit::skip!("{missing}");
        }
    };
}
pub(in crate::ssh) use need_sshd;

/// The processes that this one started.
pub(in crate::ssh) fn children(pid: u32) -> Vec<u32> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    children
        .split_whitespace()
        .map(|child| child.parse().unwrap())
        .collect()
}

impl Sshd {
    /// Starts one with these lines in its configuration.
    pub(in crate::ssh) async fn start(lines: &[&str]) -> Self {
        Self::configured(lines).await.started().await
    }

    /// Starts one that is configured.
    pub(in crate::ssh) async fn started(mut self) -> Self {
        let sshd = &mut self;
        let script = "mount --bind \"$1/passwd\" /etc/passwd && mount --bind \"$1/shadow\" /etc/shadow \
            && mount --bind \"$1/pam\" /etc/pam.d/sshd && mkdir -p /run/sshd && exec /usr/sbin/sshd -D -e -f \"$1/sshd_config\"";
        let log = fs::File::create(sshd.path("log")).unwrap();
        let child = Command::new("unshare")
            .args(["--mount", "sh", "-c", script, "sshd"])
            .arg(sshd.directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        sshd.child = Some(child);
        for _ in 0..500 {
            if tokio::net::TcpStream::connect(("127.0.0.1", sshd.port))
                .await
                .is_ok()
            {
                return self;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("sshd does not start: {}", sshd.log());
    }

    /// One that is configured and not started.
    pub(in crate::ssh) async fn configured(lines: &[&str]) -> Self {
        let directory = tempfile::Builder::new().prefix("virt-sshd.").tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let sshd = Self {
            port,
            directory,
            child: None,
        };
        sshd.keygen("host", &[]).await;
        sshd.keygen("user", &[]).await;
        fs::copy(sshd.path("user.pub"), sshd.path("authorized_keys")).unwrap();
        sshd.write_accounts().await;
        fs::create_dir(sshd.path("home")).unwrap();
        let mut text = String::new();
        for line in lines {
            writeln!(
                text,
                "{}",
                line.replace("DIR", &sshd.directory.path().display().to_string())
            )
            .unwrap();
        }
        write!(
            text,
            "ListenAddress 127.0.0.1\nPort {port}\nHostKey {0}/host\nAuthorizedKeysFile {0}/authorized_keys\n\
             PidFile none\nStrictModes no\nPermitRootLogin yes\nLogLevel VERBOSE\nMaxStartups 100\n\
             SetEnv HOME={0}/home\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\n",
            sshd.directory.path().display()
        )
        .unwrap();
        fs::write(sshd.path("sshd_config"), text).unwrap();
        sshd
    }

    async fn write_accounts(&self) {
        let home = self.directory.path().display();
        let passwd = fs::read_to_string("/etc/passwd").unwrap();
        fs::write(
            self.path("passwd"),
            format!("{passwd}{TESTER}:x:54321:54321::{home}:/bin/sh\n"),
        )
        .unwrap();
        let hash = self.run("openssl", &["passwd", "-6", PASSWORD]).await;
        let shadow = fs::read_to_string("/etc/shadow").unwrap();
        fs::write(
            self.path("shadow"),
            format!("{shadow}{TESTER}:{}:19000:0:99999:7:::\n", hash.trim()),
        )
        .unwrap();
        fs::set_permissions(self.path("shadow"), fs::Permissions::from_mode(0o600)).unwrap();
        let pam =
            "auth required pam_unix.so\naccount required pam_permit.so\nsession required pam_permit.so\n";
        fs::write(self.path("pam"), pam).unwrap();
    }

    /// Kills the processes of all who are logged in, or about to be.
    pub(in crate::ssh) async fn end_sessions(&self) {
        for child in self.sessions() {
            for pid in children(child).into_iter().chain([child]) {
                // It may have ended with the one before it.
                let _ = Command::new("kill")
                    .args(["-9", &pid.to_string()])
                    .stderr(Stdio::null())
                    .status()
                    .await;
            }
        }
    }

    /// The processes of its connections, one for each of root's.
    pub(in crate::ssh) fn sessions(&self) -> Vec<u32> {
        children(self.child.as_ref().unwrap().id().unwrap())
    }

    /// Waits until it serves nobody.
    pub(in crate::ssh) async fn until_without_sessions(&self) {
        for _ in 0..250 {
            if self.sessions().is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("sshd still serves somebody: {}", self.log());
    }

    pub(in crate::ssh) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(in crate::ssh) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Makes a key pair.
    pub(in crate::ssh) async fn keygen(&self, name: &str, more: &[&str]) {
        let path = self.path(name).display().to_string();
        let mut args = vec!["-q", "-f", &path, "-C", name];
        if !more.contains(&"-t") {
            args.extend(["-t", "ed25519"]);
        }
        if !more.contains(&"-N") {
            args.extend(["-N", ""]);
        }
        args.extend(more);
        self.run("ssh-keygen", &args).await;
    }

    /// Runs a program to its end and gives what it said.
    pub(in crate::ssh) async fn run(&self, program: &str, args: &[&str]) -> String {
        let output = Command::new(program)
            .args(args)
            .current_dir(self.directory.path())
            .output()
            .await
            .unwrap();
        assert!(output.status.success(), "{program} {args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Lets another key of the test log in.
    pub(in crate::ssh) fn authorize(&self, name: &str) {
        let key = fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap();
        let mut keys = fs::read_to_string(self.path("authorized_keys")).unwrap();
        keys.push_str(&key);
        fs::write(self.path("authorized_keys"), keys).unwrap();
    }

    pub(in crate::ssh) fn public_key(&self, name: &str) -> String {
        let line = fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap();
        line.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
    }

    pub(in crate::ssh) fn known_hosts(&self, text: &str) {
        fs::write(self.path("known_hosts"), text).unwrap();
    }

    /// How to log in here with the user's key; the host's is known.
    pub(in crate::ssh) fn config(&self) -> HostConfig {
        self.known_hosts(&format!(
            "[127.0.0.1]:{} {}\n",
            self.port,
            self.public_key("host")
        ));
        let environment = Environment::new("root", self.directory.path().display().to_string());
        let mut config = Lookup::new("far", environment)
            .with_files(ConfigFiles::None)
            .with_port(self.port)
            .with_known_hosts(self.path("known_hosts"))
            .resolve()
            .unwrap();
        config.host_name = "127.0.0.1".to_owned();
        config.global_known_hosts.clear();
        config.identity_agent = None;
        config.identity_files = vec![self.identity("user")];
        config
    }

    pub(in crate::ssh) fn identity(&self, name: &str) -> Identity {
        Identity {
            path: self.path(name),
            explicit: true,
        }
    }
}
