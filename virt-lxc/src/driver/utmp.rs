//! `utmp`: who is logged in.

use virt_core::agent::GuestUser;

/// The length of an entry, as glibc has it on 64-bit machines.
const ENTRY: usize = 384;
/// The type of an entry of a user who is logged in.
const USER_PROCESS: i16 = 7;

/// The users of a `utmp` file, each once, with their first login.
pub(super) fn parse(content: &[u8]) -> Vec<GuestUser> {
    let mut users: Vec<GuestUser> = Vec::new();
    for entry in content.chunks_exact(ENTRY) {
        let Some((name, time)) = user_of(entry) else {
            continue;
        };
        match users.iter_mut().find(|user| user.name == name) {
            Some(user) => user.login_time = user.login_time.min(time),
            None => users.push(GuestUser::new(name, None, time)),
        }
    }
    users
}

fn user_of(entry: &[u8]) -> Option<(String, f64)> {
    let kind = i16::from_ne_bytes(entry.get(..2)?.try_into().ok()?);
    if kind != USER_PROCESS {
        return None;
    }
    let name = entry.get(44..76)?;
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    let name = String::from_utf8_lossy(name.get(..end)?).into_owned();
    let number = |at: usize| {
        Some(i32::from_ne_bytes(
            entry.get(at..at.checked_add(4)?)?.try_into().ok()?,
        ))
    };
    let (seconds, micros) = (number(340)?, number(344)?);
    (!name.is_empty()).then(|| (name, f64::from(seconds) + f64::from(micros) / 1e6))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: i16, name: &str, seconds: i32) -> Vec<u8> {
        let mut bytes = vec![0; ENTRY];
        bytes.splice(..2, kind.to_ne_bytes());
        bytes.splice(44..44 + name.len(), name.bytes());
        bytes.splice(340..344, seconds.to_ne_bytes());
        bytes
    }

    #[test]
    fn users_who_are_logged_in_are_told_once_with_their_first_login() {
        let content = [
            entry(7, "root", 200),
            entry(8, "gone", 1),
            entry(7, "root", 100),
            vec![7; 10],
        ]
        .concat();
        let users = parse(&content);
        assert_eq!(users.len(), 1);
        let user = users.first().unwrap();
        assert_eq!(user.name, "root");
        assert!((user.login_time - 100.0).abs() < 1e-9);
    }
}
