//! What an ssh that did not log in says.

use virt_core::{Error, ErrorKind};

/// How the complaints about a line of a configuration file begin.
const MISREAD: [&str; 8] = [
    "Bad ",
    "bad ",
    "Missing ",
    "missing ",
    "keyword ",
    "no argument after keyword",
    "unsupported ",
    "invalid ",
];

/// The error of an ssh that did not log in, by its last words.
pub(super) fn refusal(words: &[u8]) -> Error {
    let text = String::from_utf8_lossy(words);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let kind = if lines.iter().any(|line| is_refused(line)) {
        ErrorKind::AuthenticationFailed
    } else if lines.iter().any(|line| is_misread(line)) {
        ErrorKind::InvalidArgument
    } else {
        ErrorKind::ConnectionLost
    };
    let last = lines.len().saturating_sub(3);
    let said = match lines.get(last..) {
        Some(said @ [_, ..]) => said.join("; "),
        _ => "it said nothing".to_owned(),
    };
    Error::new(kind, format!("ssh did not log in: {said}"))
}

/// Whether ssh says here that the server took none of our credentials, or that we don't take its key.
///
/// "Permission denied" alone may be the system's word on a file or on a connection.
fn is_refused(line: &str) -> bool {
    let account_is_refused = line
        .split_once(": Permission denied (")
        .is_some_and(|(account, methods)| {
            account.contains('@') && !account.contains(": ") && methods.ends_with(").")
        });
    account_is_refused
        || line == "Host key verification failed."
        || (line.starts_with("Received disconnect from ")
            && line.contains("Too many authentication failures"))
}

/// Whether ssh says here that it can't make sense of its configuration: `FILE: line 3: …` or `FILE line 3: …`.
fn is_misread(line: &str) -> bool {
    let complains_of_line = line.split_once(" line ").is_some_and(|(_, rest)| {
        rest.split_once(": ").is_some_and(|(number, complaint)| {
            number.parse::<u32>().is_ok() && MISREAD.iter().any(|start| complaint.starts_with(start))
        })
    });
    complains_of_line
        || (line.contains(": terminating, ") && line.ends_with(" bad configuration options"))
        || line.starts_with("Bad owner or permissions on ")
        || line.starts_with("Can't open user config file ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ssh_says_has_a_kind() {
        use ErrorKind::{AuthenticationFailed, ConnectionLost, InvalidArgument};
        for (said, kind) in [
            ("root@far: Permission denied (publickey).\n", AuthenticationFailed),
            (
                "hop@near: Permission denied (publickey,password).\nConnection closed by UNKNOWN port 65535\n",
                AuthenticationFailed,
            ),
            ("Host key verification failed.\n", AuthenticationFailed),
            (
                "Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures\n",
                AuthenticationFailed,
            ),
            ("/x: line 3: Bad configuration option: foo\n", InvalidArgument),
            ("/x line 3: Bad yes/no argument.\n", InvalidArgument),
            (
                "/x line 1: keyword port extra arguments at end of line\n",
                InvalidArgument,
            ),
            ("/x: terminating, 1 bad configuration options\n", InvalidArgument),
            (
                "Bad owner or permissions on /home/me/.ssh/config\n",
                InvalidArgument,
            ),
            (
                "ssh: connect to host far port 22: No route to host\n",
                ConnectionLost,
            ),
            (
                "ssh: connect to host far port 22: Permission denied\n",
                ConnectionLost,
            ),
            (
                "ssh: connect to host a@b port 22: Permission denied (13)\n",
                ConnectionLost,
            ),
            (
                "Load key \"/home/me/.ssh/id\": Permission denied\nConnection reset by 10.0.0.1\n",
                ConnectionLost,
            ),
            (
                "sh: 1: keyword: not found\nConnection closed by UNKNOWN port 65535\n",
                ConnectionLost,
            ),
            (
                "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!\nConnection reset by 10.0.0.1\n",
                ConnectionLost,
            ),
        ] {
            let error = refusal(said.as_bytes());
            assert_eq!(error.kind(), kind, "{said}");
            let last = said.trim().lines().last().unwrap();
            assert!(error.to_string().contains(last), "{error}");
        }
        let silent = refusal(b"");
        assert_eq!(silent.kind(), ConnectionLost);
        assert!(silent.to_string().contains("it said nothing"), "{silent}");
    }
}
