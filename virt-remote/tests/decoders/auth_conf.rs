//! What holds for a file of credentials.

use std::collections::HashMap;

use virt_core::ErrorKind;
use virt_remote::auth::auth_conf::{AuthConf, FileCredentials};

use super::choices::Choices;

const SERVICE: &str = "libvirt";
const HOST: &str = "far";

const SECTIONS: &[&str] = &[
    "credentials-a",
    "credentials-b",
    "auth-libvirt-far",
    "auth-libvirt-default",
    "auth-xen-far",
    "x] [y",
];
const NAMES: &[&str] = &[
    "credentials",
    "credentials",
    "authname",
    "username",
    "realm",
    "password",
    "new",
];
const VALUES: &[&str] = &["a", "b", "", "x = y", "# no comment", "two words", "é", "[a]"];
const ENDS: &[&str] = &["\n", "\r\n", "\n\n", "\n# a comment\n", "\n ; another\n"];

/// What a program would write, each section once or more, in the order it comes.
type Written = Vec<(&'static str, &'static str, &'static str)>;

/// A file that is one, and what stands in it.
pub fn made(choices: &mut Choices<'_>) -> (String, Written) {
    let (mut text, mut written) = (String::new(), Written::new());
    while !choices.is_empty() && text.len() < 2048 {
        let section = *choices.pick(SECTIONS);
        text.push_str(&format!("[{section}]{}", choices.pick(ENDS)));
        for _ in 0..choices.below(5) {
            let (name, value) = (*choices.pick(NAMES), *choices.pick(VALUES));
            let around = *choices.pick(&["", " ", "\t"]);
            text.push_str(&format!(
                "{around}{name}{around}={around}{value}{around}{}",
                choices.pick(ENDS)
            ));
            written.push((section, name, value));
        }
        written.push((section, "", ""));
    }
    (text, written)
}

/// A file that a program wrote says what was written: whether there were credentials; what must not be is an error.
pub fn hold_made((text, written): &(String, Written)) -> Result<bool, String> {
    let conf = AuthConf::parse(text).map_err(|error| format!("{text:?} is refused: {error}"))?;
    let found = conf.find(SERVICE, HOST);
    let sections: HashMap<&str, ()> = written.iter().map(|(section, ..)| (*section, ())).collect();
    let value = |section: &str, name: &str| {
        let last = written
            .iter()
            .rev()
            .find(|(in_section, named, _)| *in_section == section && *named == name);
        last.map(|(_, _, value)| (*value).to_owned())
    };
    let asked = ["auth-libvirt-far", "auth-libvirt-default"]
        .into_iter()
        .find(|section| sections.contains_key(section));
    let named = asked.map(|section| value(section, "credentials").map(|name| format!("credentials-{name}")));
    match (named, found) {
        (None, Ok(None)) => Ok(false),
        (Some(Some(named)), Ok(Some(found))) if sections.contains_key(named.as_str()) => {
            let expected = ["authname", "username", "realm", "password"].map(|name| value(&named, name));
            match said(&found) == expected {
                true => Ok(true),
                false => Err(format!("{text:?}: {:?}, and not {expected:?}", said(&found))),
            }
        }
        (Some(None), Err(_)) => Ok(false),
        (Some(Some(named)), Err(_)) if !sections.contains_key(named.as_str()) => Ok(false),
        (_, found) => Err(format!("{text:?}: {found:?}")),
    }
}

/// Any text at all: whether it is a file of credentials; what must not be is an error.
pub fn hold(text: &str) -> Result<bool, String> {
    let conf = match AuthConf::parse(text) {
        Ok(conf) => conf,
        Err(error) => return refused(text, &error).map(|()| false),
    };
    match conf.find(SERVICE, HOST) {
        Ok(Some(found)) => {
            let invented = said(&found)
                .into_iter()
                .flatten()
                .find(|said| !text.contains(said));
            match invented {
                Some(invented) => Err(format!("{invented:?} does not stand in {text:?}")),
                None => Ok(true),
            }
        }
        Ok(None) => Ok(true),
        Err(error) if error.kind() == ErrorKind::InvalidConfig => Ok(true),
        Err(error) => Err(format!("{text:?}: {error:?}")),
    }
}

/// The line is named by its number, and not shown: it may hold a password.
fn refused(text: &str, error: &virt_core::Error) -> Result<(), String> {
    const WHY: [&str; 3] = [
        "is no [section]",
        "is neither a [section] nor a name=value",
        "belongs to no [section]",
    ];
    let lines = text.lines().count();
    let known = (1..=lines).any(|line| {
        let about = format!("line {line} of the file of credentials ");
        let why = error.message().strip_prefix(&about);
        why.is_some_and(|why| WHY.contains(&why))
    });
    match known && error.kind() == ErrorKind::InvalidConfig {
        true => Ok(()),
        false => Err(format!("{text:?} is refused by {error:?}")),
    }
}

fn said(found: &FileCredentials) -> [Option<String>; 4] {
    let password = found.password.as_ref().map(|password| password.to_string());
    [
        found.authname.clone(),
        found.username.clone(),
        found.realm.clone(),
        password,
    ]
}
