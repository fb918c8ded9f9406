//! What a daemon is told to open.

use virt_core::ConnectUri;

use crate::transport::parameters;

/// The URI as the daemon knows it: without the way to it. `name=` says it outright.
#[must_use]
pub fn uri_for_daemon(uri: &ConnectUri) -> String {
    if let Some(name) = uri.parameter("name") {
        return name.to_owned();
    }
    let rest = uri.without_parameters(&parameters::names()).to_string();
    // What follows the scheme, the host, the port and the user, as it was encoded.
    let after = rest.split_once("://").map_or(rest.as_str(), |(_, after)| after);
    let path = after.find(['/', '?']).and_then(|at| after.get(at..));
    format!("{}://{}", uri.driver(), path.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_the_daemon_is_not_the_daemons_business() {
        for (ours, theirs) in [
            ("qemu:///system", "qemu:///system"),
            ("qemu+unix:///system?socket=/tmp/s&mode=legacy", "qemu:///system"),
            ("qemu+ssh://root@host:22/session?no_tty=1", "qemu:///session"),
            ("test+unix:///default", "test:///default"),
            ("xen+tls://host/?pkipath=/x", "xen:///"),
            (
                "vbox+tcp://host/session?extra=1&no_verify=1",
                "vbox:///session?extra=1",
            ),
            ("remote+unix:///?name=lxc%3A///system", "lxc:///system"),
        ] {
            let uri = ours.parse().expect("a URI");
            assert_eq!(uri_for_daemon(&uri), theirs);
        }
    }
}
