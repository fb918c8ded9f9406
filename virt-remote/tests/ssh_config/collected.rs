//! Inputs that are easy to get wrong.

use std::path::Path;

use crate::{Given, compare, openssh, ours};

/// A configuration, and the hosts it is asked about (`user@` and `:port` stand for what the command line says).
const INPUTS: &[(&str, &[&str])] = &[
    // How lines fall into words.
    ("", &["web", "WEB", "web.example"]),
    ("\t User\t=\ta  \r\n", &["web"]),
    ("User=a\nuSER b\n", &["web"]),
    ("User = = a\n", &["web"]),
    ("User  =a=b\n", &["web"]),
    ("\"User\" a\n", &["web"]),
    ("\"User a\n", &["web"]),
    ("Us\"er\" a\n", &["web"]),
    ("Use\"r a\" x\n", &["web"]),
    ("User 'a b'\nIdentityFile \"/a b\"\n", &["web"]),
    ("User a\\ b\nIdentityFile /a\\x\\\\y\\'z\n", &["web"]),
    ("User \"a\\ b\"\n", &["web"]),
    ("User 'a\n", &["web"]),
    ("User a'b c'd\n", &["web"]),
    ("User a#b\nPort 7 #c\n#User x\n   # User y\n", &["web"]),
    ("User #a\n", &["web"]),
    ("User ''\n", &["web"]),
    ("User a b\n", &["web"]),
    ("User\n", &["web"]),
    ("User =\n", &["web"]),
    ("User a\u{c}\nPort\u{c}7\n", &["web"]),
    ("\u{c}User a\n", &["web"]),
    ("\u{b}User a\n", &["web"]),
    ("=User a\n", &["web"]),
    ("User a", &["web"]),
    ("User gr\u{fc}n\nIdentityFile /\u{1f511}\n", &["web"]),
    // Host.
    ("Host web\nUser a\nHost *\nUser b\n", &["web", "db", "WEB"]),
    (
        "Host *.example !db.example\nUser a\n",
        &["web.example", "db.example", "web"],
    ),
    (
        "Host !db.example *.example\nUser a\n",
        &["web.example", "db.example"],
    ),
    ("Host !web\nUser a\n", &["web", "db"]),
    ("Host w?b \"d b\" x*y*z\nUser a\n", &["web", "wb", "x1y2z", "xz"]),
    ("Host=web,db\nUser a\n", &["web"]),
    ("Host\nUser a\n", &["web"]),
    ("Host #web\nUser a\n", &["web"]),
    ("Host web \"\"\nUser a\n", &["web"]),
    ("Host ! web\nUser a\n", &["web", "db"]),
    (
        "User a\n",
        &["a;b", "a,b", "$(a)", "a b", "-x@web", "a;b@web", "a\\@web"],
    ),
    ("Host other\nBogus a\n", &["web"]),
    ("Host other\nPort x\n", &["web"]),
    // Match.
    (
        "Match host web\nUser a\nMatch host=db\nUser b\nMatch all\nUser c\n",
        &["web", "WEB", "db", "x"],
    ),
    ("Match host \"web,db\" user root\nPort 1\n", &["web", "other@web"]),
    ("Match host WEB,!db\nPort 1\n", &["web", "db", "x"]),
    ("Match !host web\nPort 1\n", &["web", "db"]),
    ("Match originalhost web host real\nPort 1\n", &["web"]),
    (
        "HostName real\nMatch originalhost web host real\nPort 1\n",
        &["web", "real"],
    ),
    ("HostName %h.example\nMatch host *.example\nPort 1\n", &["web"]),
    ("HostName %z\nMatch host x\nPort 1\n", &["web"]),
    (
        "User a\nMatch user a\nPort 1\nMatch user b\nPort 2\n",
        &["web", "b@web"],
    ),
    (
        "Match localuser root,nobody*\nPort 1\nMatch !localuser root\nPort 2\n",
        &["web"],
    ),
    ("Match all\nPort 1\n", &["web"]),
    ("Match !all\nPort 1\n", &["web"]),
    ("Match host web all\nPort 1\n", &["web", "db"]),
    ("Match host web user root all\nPort 1\n", &["web"]),
    ("Match all host web\nPort 1\n", &["web"]),
    ("Match all # yes\nPort 1\n", &["web"]),
    ("Match host web # user x\nPort 1\n", &["web"]),
    ("Match host web#x\nPort 1\n", &["web"]),
    ("Match host\nPort 1\n", &["web"]),
    ("Match host # x\nPort 1\n", &["web"]),
    ("Match #\nPort 1\n", &["web"]),
    ("Match\nPort 1\n", &["web"]),
    ("Match bogus x\nPort 1\n", &["web"]),
    ("Match ho'st web\nPort 1\n", &["web"]),
    ("Match canonical\nPort 1\nMatch !canonical\nPort 2\n", &["web"]),
    ("Match final\nPort 1\nMatch !final\nUser a\n", &["web"]),
    ("Match final all\nPort 1\n", &["web"]),
    (
        "Match canonical all\nPort 1\nMatch final host real\nUser b\nHost web\nHostName real\n",
        &["web"],
    ),
    (
        "Host real\nPort 1\nHost web\nHostName REAL\nMatch final host real\nUser b\n",
        &["web"],
    ),
    (
        "CanonicalizeHostname yes\nHost web\nHostName real\nHost real\nPort 1\n",
        &["web"],
    ),
    (
        "CanonicalizeHostname no\nHost web\nHostName real\nHost real\nPort 1\n",
        &["web"],
    ),
    (
        "Match final\nIdentityFile /a\nMatch all\nIdentityFile /b\n",
        &["web"],
    ),
    ("Match exec \"false %Z\"\nPort 1\n", &["web"]),
    ("Match host other exec true\nPort 1\n", &["web"]),
    ("Match exec\nPort 1\n", &["web"]),
    // Names and addresses.
    ("HostName %h.Example.COM\nHostKeyAlias ABC\n", &["FOO", "foo"]),
    ("HostName a%%b%h\n", &["web"]),
    ("HostName %n\n", &["web"]),
    ("HostName a%\n", &["web"]),
    ("HostName \"\"\n", &["web"]),
    ("HostName FE80::0001\n", &["web"]),
    ("HostName fe80::1%%lo\n", &["web"]),
    ("HostName 127.1\n", &["web"]),
    ("HostName 300\n", &["web"]),
    ("HostName 0x7f.1\n", &["web"]),
    ("HostName 010.1.1.1\n", &["web"]),
    ("HostName 1.2.3.4.\n", &["web"]),
    ("HostName 1.2.3.256\n", &["web"]),
    ("HostName ::ffff:1.2.3.4\n", &["web"]),
    ("Port 1\n", &["127.1", "::1", "2001:DB8::0:1"]),
    // Numbers, times, choices.
    ("Port ssh\n", &["web"]),
    ("Port +22\n", &["web"]),
    ("Port \" 23\"\n", &["web", "web:24"]),
    ("Port 0\n", &["web"]),
    ("Port 65536\n", &["web"]),
    ("Port 22x\n", &["web"]),
    ("Port -1\n", &["web"]),
    ("ConnectTimeout none\nConnectTimeout 1h30m5\n", &["web"]),
    ("ConnectTimeout 0\nServerAliveInterval 5M5m\n", &["web"]),
    ("ConnectTimeout 5x\n", &["web"]),
    ("ConnectTimeout NONE\n", &["web"]),
    ("ConnectTimeout 2147483648\n", &["web"]),
    ("ConnectTimeout 5 6\n", &["web"]),
    ("ServerAliveInterval 9999999w\n", &["web"]),
    ("ServerAliveCountMax 0\n", &["web"]),
    ("ServerAliveCountMax -1\n", &["web"]),
    ("ServerAliveCountMax 5s\n", &["web"]),
    ("ConnectionAttempts 0\n", &["web"]),
    (
        "PasswordAuthentication TRUE\nKbdInteractiveAuthentication False\nIdentitiesOnly yEs\n",
        &["web"],
    ),
    (
        "ChallengeResponseAuthentication no\nKbdInteractiveAuthentication yes\n",
        &["web"],
    ),
    ("PubkeyAuthentication host-bound\n", &["web"]),
    ("PubkeyAuthentication unbound\nDSAAuthentication no\n", &["web"]),
    ("PasswordAuthentication maybe\n", &["web"]),
    ("StrictHostKeyChecking ACCEPT-NEW\n", &["web"]),
    ("StrictHostKeyChecking off\nStrictHostKeyChecking ask\n", &["web"]),
    ("StrictHostKeyChecking maybe\n", &["web"]),
    (
        "KeepAlive no\nHashKnownHosts true\nNumberOfPasswordPrompts 1\n",
        &["web"],
    ),
    ("PreferredAuthentications publickey,password\n", &["web"]),
    // Files.
    (
        "IdentityFile ~/a\nIdentityFile ~/a\nIdentityFile ~/%h-%p-%r-%n-%k-%u-%d-%i-%L-%l-%%\n",
        &["web", "u@Web:7"],
    ),
    (
        "IdentityFile ${VIRT_TEST_DIR}/x${VIRT_TEST_EMPTY}y\nCertificateFile ${VIRT_TEST_DIR}/%C\n",
        &["web", "u@web:7"],
    ),
    ("IdentityFile ${VIRT_TEST_UNSET}/x\n", &["web"]),
    ("IdentityFile ${}\n", &["web"]),
    ("IdentityFile ${VIRT_TEST_DIR\n", &["web"]),
    ("IdentityFile $VIRT_TEST_DIR/x\n", &["web"]),
    ("IdentityFile %z\n", &["web"]),
    ("IdentityFile /a%\n", &["web"]),
    ("IdentityFile ~no-such-user/x\n", &["web"]),
    (
        "IdentityFile ~root/x\nIdentityFile ~\nIdentityFile ~//x\n",
        &["web"],
    ),
    ("IdentityFile none\n", &["web"]),
    ("IdentityFile NONE\nIdentityFile /a\nIdentityFile2 /b\n", &["web"]),
    ("IdentityFile\n", &["web"]),
    ("IdentityFile relative/key\n", &["web"]),
    (
        "CertificateFile /a-cert.pub\nCertificateFile /a-cert.pub\nCertificateFile ~/b-cert.pub\n",
        &["web"],
    ),
    (
        "HostKeyAlias KEY\nIdentityFile /%k\nHostName real\nCertificateFile /%k-%h-%n\n",
        &["Web"],
    ),
    (
        "UserKnownHostsFile ~/a %d/%h ${VIRT_TEST_DIR}/y\nGlobalKnownHostsFile ~/a %h ${X}\n",
        &["web"],
    ),
    ("UserKnownHostsFile /a\nUserKnownHostsFile /b\n", &["web"]),
    ("UserKnownHostsFile none\nGlobalKnownHostsFile none\n", &["web"]),
    ("UserKnownHostsFile a none\n", &["web"]),
    ("UserKnownHostsFile none a\n", &["web"]),
    ("UserKnownHostsFile a \"\"\n", &["web"]),
    ("UserKnownHostsFile %z\n", &["web"]),
    ("UserKnownHostsFile #\nUserKnownHostsFile /b\n", &["web"]),
    // The agent.
    ("IdentityAgent none\n", &["web"]),
    ("IdentityAgent SSH_AUTH_SOCK\n", &["web"]),
    ("IdentityAgent $VIRT_TEST_DIR\n", &["web"]),
    ("IdentityAgent $VIRT_TEST_UNSET\n", &["web"]),
    ("IdentityAgent $VIRT-TEST\n", &["web"]),
    ("IdentityAgent ${VIRT_TEST_DIR}/agent\n", &["web"]),
    ("IdentityAgent ${VIRT_TEST_UNSET}\n", &["web"]),
    ("Host other\nIdentityAgent ${VIRT_TEST_UNSET}\n", &["web"]),
    ("IdentityAgent ~/%h-%k-%n-%C\n", &["web"]),
    // Ways through.
    ("ProxyJump a\n", &["web", "a"]),
    ("ProxyJump u@a:22,b\n", &["web"]),
    ("ProxyJump u@v@a:2\n", &["web"]),
    ("ProxyJump [::1]:22\n", &["web"]),
    ("ProxyJump ssh://u%40x@h:2/\n", &["web"]),
    ("ProxyJump ssh://[::1]\n", &["web"]),
    ("ProxyJump ssh://h/path\n", &["web"]),
    ("ProxyJump a b\n", &["web"]),
    ("ProxyJump a # comment\n", &["web"]),
    ("ProxyJump a,,b\n", &["web"]),
    ("ProxyJump ,a\n", &["web"]),
    ("ProxyJump a,\n", &["web"]),
    ("ProxyJump a:0\n", &["web"]),
    ("ProxyJump @a\n", &["web"]),
    ("ProxyJump a/22\n", &["web"]),
    ("ProxyJump #a\n", &["web"]),
    ("ProxyJump a,web\n", &["web", "u@web", "web:7"]),
    ("ProxyJump u@web:7\n", &["web", "u@web:7"]),
    ("ProxyJump NONE\nProxyJump a\n", &["web"]),
    (
        "ProxyJump none\nProxyCommand true %h %p %r %n %k %%\n",
        &["web", "u@Web:7"],
    ),
    ("ProxyCommand none\nProxyJump a\n", &["web"]),
    ("ProxyCommand true %h\nProxyJump a\n", &["web"]),
    ("ProxyJump a\nProxyCommand true %h\n", &["web"]),
    ("ProxyCommand= = true \"a  b\" # c\n", &["web"]),
    ("ProxyCommand true %z\n", &["web"]),
    ("ProxyCommand true ~ ${HOME}\n", &["web"]),
    ("ProxyCommand true 'x\n", &["web"]),
    (
        "HostName real\nHostKeyAlias KEY\nProxyCommand true %h-%n-%k\n",
        &["web"],
    ),
    // Keywords that are unknown, gone, or without effect here.
    ("Bogus x\n", &["web"]),
    ("IgnoreUnknown bog*,X\nBogus x y\nx z\nUser a\n", &["web"]),
    ("IgnoreUnknown bogus\nBogus\n", &["web"]),
    ("IgnoreUnknown bogus\nBogus 'x\n", &["web"]),
    ("Bogus x\nIgnoreUnknown bogus\n", &["web"]),
    ("IgnoreUnknown a\nIgnoreUnknown bogus\nBogus x\n", &["web"]),
    ("Host other\nIgnoreUnknown bogus\nHost *\nBogus x\n", &["web"]),
    (
        "Protocol 2,1\nCipher 3des\nRSAAuthentication maybe\nUsePrivilegedPort yes no\n",
        &["web"],
    ),
    (
        "Compression yes\nAddressFamily any\nLogLevel DEBUG3\nSyslogFacility LOCAL7\n",
        &["web"],
    ),
    ("Compression true\n", &["web"]),
    ("AddressFamily inet4\n", &["web"]),
    ("LogLevel loud\n", &["web"]),
    ("SendEnv LANG LC_* -LANG\nSetEnv A=1 B=2\n", &["web"]),
    ("SendEnv A=B\n", &["web"]),
    ("SetEnv A\n", &["web"]),
    ("ControlMaster auto\nControlPersist 10m\n", &["web"]),
    ("ControlMaster sometimes\n", &["web"]),
    ("ControlPersist x\n", &["web"]),
    ("AddKeysToAgent confirm 5m\n", &["web"]),
    ("AddKeysToAgent yes 5m\n", &["web"]),
    (
        "IPQoS af21 cs1\nRekeyLimit 1G 1h\nEscapeChar ^A\nStreamLocalBindMask 0177\nTunnelDevice any:0\n",
        &["web"],
    ),
    ("IPQoS af51\n", &["web"]),
    ("RekeyLimit 15\n", &["web"]),
    ("RekeyLimit default none\n", &["web"]),
    ("EscapeChar ab\n", &["web"]),
    ("StreamLocalBindMask 01777\n", &["web"]),
    ("TunnelDevice x\n", &["web"]),
    (
        "CanonicalDomains a.example b.example\nCanonicalizePermittedCNAMEs none\n",
        &["web"],
    ),
    ("CanonicalDomains -a\n", &["web"]),
    ("CanonicalizePermittedCNAMEs a\n", &["web"]),
    (
        "FingerprintHash md5\nVerifyHostKeyDNS ask\nUpdateHostKeys no\nRequestTTY force\nSessionType none\n",
        &["web"],
    ),
    ("FingerprintHash crc\n", &["web"]),
    ("LocalForward 80\n", &["web"]),
    (
        "LocalForward 8080 a:80\nRemoteForward 1080\nDynamicForward 1080\nForwardAgent yes\n",
        &["web"],
    ),
    ("ForwardAgent $A-B\n", &["web"]),
    (
        "PermitRemoteOpen any\nKnownHostsCommand none\nLocalCommand \"x\" y\nRemoteCommand none\n",
        &["web"],
    ),
];

/// Where we answer otherwise, and why.
struct Exception {
    config: &'static str,
    host: &'static str,
    accepted: bool,
    why: &'static str,
}

const EXCEPTIONS: &[Exception] = &[
    Exception {
        config: "Tag tea\nMatch tagged tea\nPort 1\n",
        host: "web",
        accepted: true,
        why: "keywords of later versions of OpenSSH are known as well",
    },
    Exception {
        config: "IdentityFile /%j\nProxyJump gate\n",
        host: "web",
        accepted: true,
        why: "%j is of later versions, as is its part in %C",
    },
    Exception {
        config: "ProxyJump none # comment\n",
        host: "web",
        accepted: true,
        why: "earlier versions take a machine called none from this, later ones take it as it is meant",
    },
    Exception {
        config: "Match exec true\nPort 1\n",
        host: "web",
        accepted: true,
        why: "programs are not run unless that is asked for",
    },
    Exception {
        config: "Ciphers no-such-cipher\n",
        host: "web",
        accepted: true,
        why: "names of algorithms are handed on, and judged where they are used",
    },
    Exception {
        config: "LocalForward x y\n",
        host: "web",
        accepted: true,
        why: "forwardings are not set up, and what they say is not read",
    },
    Exception {
        config: "ControlPath /%z\n",
        host: "web",
        accepted: true,
        why: "values without effect here are not expanded",
    },
    Exception {
        config: "BatchMode yes\n",
        host: "web",
        accepted: true,
        why: "Debian's build asks for signs of life every 300 s in batch mode, OpenSSH's own does not",
    },
    Exception {
        config: "User a\nPort 1\0\n",
        host: "web",
        accepted: false,
        why: "a line with a zero byte is not read up to there, but refused",
    },
];

fn given(text: &str) -> Given {
    let (user, machine) = text
        .split_once('@')
        .map_or((None, text), |(user, machine)| (Some(user), machine));
    let (host, port) = match machine.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, Some(port.parse().unwrap())),
        _ => (machine, None),
    };
    Given {
        host: host.to_owned(),
        user: user.map(str::to_owned),
        port,
    }
}

fn written(directory: &Path, text: &str) -> std::path::PathBuf {
    let file = directory.join("config");
    std::fs::write(&file, text).unwrap();
    file
}

#[test]
fn collected_inputs_have_openssh_s_answers() {
    if let Some(missing) = openssh::missing() {
        virt_testkit::skip!("{missing}");
    }
    let directory = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    let (mut taken, mut refused) = (0, 0);
    for (text, hosts) in INPUTS {
        let file = written(directory.path(), text);
        for host in *hosts {
            match compare(&file, &given(host)) {
                Ok(true) => taken += 1,
                Ok(false) => refused += 1,
                Err(difference) => wrong.push(difference),
            }
        }
    }
    eprintln!(
        "{taken} answers alike, {refused} refusals alike, {} exceptions",
        EXCEPTIONS.len()
    );
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}

#[test]
fn includes_have_openssh_s_answers() {
    if let Some(missing) = openssh::missing() {
        virt_testkit::skip!("{missing}");
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().display().to_string();
    for (name, text) in [
        ("a.conf", "Host web\nUser from-a\nMatch host db\nPort 5\n"),
        ("b.conf", "Port 6\nHost *\nIdentityFile /b\n"),
        (".hidden.conf", "User hidden\n"),
        ("bogus", "Bogus x\n"),
        ("final", "Match final\nUser final\n"),
        ("self", &format!("Include {path}/self\n")),
        (
            "deep",
            &format!("Include {path}/a.conf {path}/b.conf\nUser deep\n"),
        ),
    ] {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    std::fs::write(directory.path().join("open"), "User open\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    std::fs::set_permissions(directory.path().join("open"), mode).unwrap();
    std::fs::create_dir(directory.path().join("directory")).unwrap();
    let mut wrong = Vec::new();
    for text in [
        "Include DIR/*.conf\nUser after\n",
        "Include DIR/b.conf DIR/a.conf\nUser after\n",
        "Include DIR/[ab].c?nf\n",
        "Include DIR/.*.conf\n",
        "Include \"DIR/a.conf\" # comment\n",
        "Host db\nInclude DIR/*.conf\nUser inside\nHost *\nPort 8\n",
        "Host other\nInclude DIR/deep\nHost *\nUser outside\n",
        "Match host web\nInclude DIR/deep\n",
        "Host other\nInclude DIR/bogus\n",
        "Include DIR/bogus\n",
        "Include DIR/final\nHost web\nUser a\n",
        "Host other\nInclude DIR/final\nHost *\nHostName real\nHost real\nPort 1\n",
        "Include DIR/self\n",
        "Include DIR/missing DIR/missing*\nUser a\n",
        "Include DIR/directory\nUser a\n",
        "Include DIR/open\n",
        "Include\n",
        "Include \"\"\n",
        "Include ~no-such-user/x\nUser a\n",
        "Include no-such-file-in-the-user-s-directory\nUser a\n",
        "IgnoreUnknown bogus\nInclude DIR/bogus\n",
    ] {
        let file = written(directory.path(), &text.replace("DIR", &path));
        for host in ["web", "db", "u@x:7"] {
            wrong.extend(compare(&file, &given(host)).err());
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}

#[test]
fn exceptions_are_as_they_are_listed() {
    let directory = tempfile::tempdir().unwrap();
    for exception in EXCEPTIONS {
        let file = written(directory.path(), exception.config);
        let answer = ours(&file, &given(exception.host));
        assert_eq!(
            answer.is_ok(),
            exception.accepted,
            "{:?}: {}",
            exception.config,
            exception.why
        );
    }
}
