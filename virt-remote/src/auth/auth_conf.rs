//! libvirt's file of credentials, `auth.conf`.
//!
//! ```text
//! [credentials-prod]
//! authname=fred
//! password=sesame
//!
//! [auth-libvirt-far.example]
//! credentials=prod
//!
//! [auth-libvirt-default]
//! credentials=prod
//! ```
//!
//! The file is the first of these:
//! 1. the URI's `authfile=`;
//! 2. `$LIBVIRT_AUTH_FILE`;
//! 3. `libvirt/auth.conf` in `$XDG_CONFIG_HOME`, or in `~/.config`, where it is there;
//! 4. `/etc/libvirt/auth.conf`, where it is there.
//!
//! In it, the section `[auth-SERVICE-HOST]` of the service and the host as the URI has it counts, or
//! `[auth-SERVICE-default]`, and names a section `[credentials-NAME]`. That says `authname` (who logs in), `password`,
//! `username` (whom to act as; who logs in, where there is no `authname`) and `realm`.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use virt_core::{ConnectUri, Error, ErrorKind, Result, Subject, kind_of_io};
use zeroize::Zeroizing;

/// The longest file that is read.
const LONGEST: u64 = 1024 * 1024;

/// Credentials that stand in a file.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileCredentials {
    /// Who logs in.
    pub authname: Option<String>,
    /// Whom to act as.
    pub username: Option<String>,
    /// The realm.
    pub realm: Option<String>,
    /// The secret.
    pub password: Option<Zeroizing<String>>,
}

impl fmt::Debug for FileCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileCredentials")
            .field("authname", &self.authname)
            .field("username", &self.username)
            .field("realm", &self.realm)
            .finish_non_exhaustive()
    }
}

/// A place where the file may be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    path: PathBuf,
    /// It was named, and so has to be there.
    named: bool,
}

/// The places where the file may be; the first where it is counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthFiles(Vec<Place>);

impl AuthFiles {
    /// Those of a URI, with this process's environment.
    #[must_use]
    pub fn of(uri: &ConnectUri) -> Self {
        Self::new(uri, |name| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        })
    }

    fn new(uri: &ConnectUri, variable: impl Fn(&str) -> Option<PathBuf>) -> Self {
        let named = uri.parameter("authfile").map(PathBuf::from);
        if let Some(path) = named.or_else(|| variable("LIBVIRT_AUTH_FILE")) {
            return Self(vec![Place { path, named: true }]);
        }
        let user = variable("XDG_CONFIG_HOME").or_else(|| Some(variable("HOME")?.join(".config")));
        let usual = user.map(|directory| directory.join("libvirt/auth.conf"));
        let usual = usual.into_iter().chain([PathBuf::from("/etc/libvirt/auth.conf")]);
        Self(usual.map(|path| Place { path, named: false }).collect())
    }

    /// The places, for a message.
    pub(super) fn places(&self) -> String {
        let places: Vec<_> = self
            .0
            .iter()
            .map(|place| place.path.display().to_string())
            .collect();
        places.join(", ")
    }

    /// Credentials for a service on a host; `None` where no file has any.
    ///
    /// # Errors
    /// `InvalidConfig` for a file that can't be understood, with the line; `NotFound` and `Denied` for one that was named
    /// and can't be read.
    ///
    /// # Cancel safety
    /// Safe.
    pub async fn look_up(&self, service: &str, host: &str) -> Result<Option<FileCredentials>> {
        for Place { path, named } in &self.0 {
            match read(path).await {
                Ok(text) => {
                    let about = |error: Error| error.with_subject(Subject::Path(path.display().to_string()));
                    return AuthConf::parse(&text)
                        .and_then(|conf| conf.find(service, host))
                        .map_err(about);
                }
                Err(error) if !named && is_elsewhere(&error) => {}
                Err(error) => {
                    let kind = kind_of_io(&error);
                    return Err(Error::new(kind, "the file of credentials can't be read")
                        .with_subject(Subject::Path(path.display().to_string()))
                        .with_source(error));
                }
            }
        }
        Ok(None)
    }
}

/// Whether the next place counts: libvirt passes over a file that this user can't read, too.
fn is_elsewhere(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound, PermissionDenied};
    matches!(error.kind(), NotFound | PermissionDenied | NotADirectory)
}

async fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    use tokio::io::AsyncReadExt as _;
    let file = tokio::fs::File::open(path).await?;
    if !file.metadata().await?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
    }
    let mut text = Zeroizing::new(String::new());
    if u64::try_from(file.take(LONGEST).read_to_string(&mut text).await?).is_ok_and(|read| read == LONGEST) {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it is longer than 1 MiB",
        ));
    }
    Ok(text)
}

type Section = HashMap<String, Zeroizing<String>>;

/// What such a file says, section by section.
pub struct AuthConf(HashMap<String, Section>);

impl fmt::Debug for AuthConf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl AuthConf {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// `InvalidConfig` for a line that is none, by its number: it may hold a password, and is not quoted.
    pub fn parse(text: &str) -> Result<Self> {
        let mut sections: HashMap<String, Section> = HashMap::new();
        let mut current: Option<&mut Section> = None;
        for (index, line) in text.lines().enumerate() {
            // A line may hold a password: it is not quoted in an error.
            let refuse = |what: &str| {
                let message = format!("line {} of the file of credentials {what}", index + 1);
                Error::new(ErrorKind::InvalidConfig, message)
            };
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(rest) = line.strip_prefix('[') {
                let name = rest
                    .strip_suffix(']')
                    .map(str::trim)
                    .filter(|name| !name.is_empty());
                let name = name.ok_or_else(|| refuse("is no [section]"))?;
                current = Some(sections.entry(name.to_owned()).or_default());
                continue;
            }
            let (name, value) = line
                .split_once('=')
                .ok_or_else(|| refuse("is neither a [section] nor a name=value"))?;
            let section = current
                .as_mut()
                .ok_or_else(|| refuse("belongs to no [section]"))?;
            section.insert(name.trim().to_owned(), Zeroizing::new(value.trim().to_owned()));
        }
        Ok(Self(sections))
    }

    /// Credentials for a service on a host; `None` where there are none.
    ///
    /// # Errors
    /// `InvalidConfig` where what one section names is not there.
    pub fn find(&self, service: &str, host: &str) -> Result<Option<FileCredentials>> {
        let section = |name: &str| self.0.get(name).map(|section| (name.to_owned(), section));
        let Some((name, section)) = section(&format!("auth-{service}-{host}"))
            .or_else(|| section(&format!("auth-{service}-default")))
        else {
            return Ok(None);
        };
        let refuse = |message: String| Error::new(ErrorKind::InvalidConfig, message);
        let wanted = section
            .get("credentials")
            .ok_or_else(|| refuse(format!("the section [{name}] has no \"credentials\"")))?;
        let wanted = format!("credentials-{}", **wanted);
        let found = self
            .0
            .get(&wanted)
            .ok_or_else(|| refuse(format!("there is no section [{wanted}], which [{name}] names")))?;
        let text = |key: &str| found.get(key).map(|value| value.to_string());
        Ok(Some(FileCredentials {
            authname: text("authname"),
            username: text("username"),
            realm: text("realm"),
            password: found.get("password").cloned(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILE: &str = "# comment\n[credentials-prod]\n authname = fred \npassword=a=b # c\n\n\
        [credentials-test]\nusername=tim\npassword=\n[auth-libvirt-far]\ncredentials=prod\n\
        [auth-libvirt-default]\ncredentials=test\n[auth-esx-far]\ncredentials=gone\n[auth-ssh-far]\n";

    fn find(service: &str, host: &str) -> Result<Option<FileCredentials>> {
        AuthConf::parse(FILE).expect("a file").find(service, host)
    }

    #[test]
    fn a_host_has_its_section_or_the_default_one() {
        let fred = find("libvirt", "far").expect("found").expect("credentials");
        assert_eq!(fred.authname.as_deref(), Some("fred"));
        assert_eq!(fred.password.as_ref().map(|word| word.as_str()), Some("a=b # c"));
        assert!(!format!("{fred:?}").contains("a=b"));
        let tim = find("libvirt", "other").expect("found").expect("credentials");
        assert_eq!((tim.authname, tim.username.as_deref()), (None, Some("tim")));
        assert_eq!(tim.password.as_ref().map(|word| word.as_str()), Some(""));
        assert_eq!(find("xen", "far").expect("found"), None);
    }

    #[test]
    fn what_is_missing_is_named() {
        for (service, part) in [("esx", "[credentials-gone]"), ("ssh", "no \"credentials\"")] {
            let error = find(service, "far").expect_err("an error");
            assert_eq!(error.kind(), ErrorKind::InvalidConfig);
            assert!(error.message().contains(part), "{error}");
        }
    }

    #[test]
    fn a_line_that_is_none_is_named_and_not_shown() {
        for (text, part) in [
            ("[credentials-a]\nhunter2", "line 2"),
            ("password=hunter2", "no [section]"),
            ("\n[hunter2\n", "line 2"),
            ("[]", "line 1"),
        ] {
            let error = AuthConf::parse(text).expect_err("an error");
            assert!(error.message().contains(part), "{error}");
            assert!(!error.message().contains("hunter2"), "{error}");
        }
    }

    #[tokio::test]
    async fn places_are_looked_at_in_libvirts_order() {
        let directory = tempfile::tempdir().expect("a directory");
        let home = directory.path().to_owned();
        let file = |path: &str, user: &str| {
            let path = home.join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            let text = format!("[credentials-c]\nauthname={user}\n[auth-libvirt-far]\ncredentials=c\n");
            std::fs::write(&path, text).expect("a file");
            path
        };
        let by_parameter = file("parameter", "by-parameter");
        let by_variable = file("variable", "by-variable");
        let found = async |uri: &str, set: &[(&str, &Path)]| {
            let uri = uri.parse().expect("a URI");
            let files = AuthFiles::new(&uri, |name| {
                set.iter()
                    .find(|(given, _)| *given == name)
                    .map(|(_, value)| value.to_path_buf())
            });
            files
                .look_up("libvirt", "far")
                .await
                .map(|found| found.and_then(|found| found.authname))
        };
        let uri = format!("qemu+tcp://far/system?authfile={}", by_parameter.display());
        let variables: &[(&str, &Path)] = &[("LIBVIRT_AUTH_FILE", &by_variable), ("HOME", &home)];
        assert_eq!(
            found(&uri, variables).await.expect("found").as_deref(),
            Some("by-parameter")
        );
        let uri = "qemu+tcp://far/system";
        assert_eq!(
            found(uri, variables).await.expect("found").as_deref(),
            Some("by-variable")
        );
        file(".config/libvirt/auth.conf", "by-home");
        assert_eq!(
            found(uri, &[("HOME", &home)]).await.expect("found").as_deref(),
            Some("by-home")
        );
        file("xdg/libvirt/auth.conf", "by-xdg");
        let xdg = home.join("xdg");
        let variables: &[(&str, &Path)] = &[("XDG_CONFIG_HOME", &xdg), ("HOME", &home)];
        assert_eq!(
            found(uri, variables).await.expect("found").as_deref(),
            Some("by-xdg")
        );
        let gone = home.join("gone");
        let error = found(uri, &[("LIBVIRT_AUTH_FILE", &gone)])
            .await
            .expect_err("an error");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let error = found(uri, &[("LIBVIRT_AUTH_FILE", &home)])
            .await
            .expect_err("an error");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(\\[?(auth-libvirt-far|credentials-c|[ -~]{0,8})\\]?\n|[a-z]{0,12} ?=? ?[ -~é]{0,8}\n|credentials=c\n){0,8}") {
            if let Ok(conf) = AuthConf::parse(&text) {
                let _ = conf.find("libvirt", "far");
            }
        }
    }
}
