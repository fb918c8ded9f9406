//! Which liblxc it is, and where its containers are.

use virt_core::connection::HypervisorVersion;
use virt_core::host::Command;
use virt_core::{Error, ErrorKind, Result, Subject};

use super::{Tools, succeeded};

impl Tools {
    /// The version of liblxc's tools.
    pub(crate) async fn version(&self) -> Result<HypervisorVersion> {
        let output = self.ask(Command::new("lxc-start").arg("--version")).await?;
        let text = output.stdout_text();
        let mut numbers = text.trim().split('.').map(|part| {
            let digits = part.trim_end_matches(|letter: char| !letter.is_ascii_digit());
            digits
                .split(|letter: char| !letter.is_ascii_digit())
                .next()
                .and_then(|digits| digits.parse().ok())
        });
        let mut next = || numbers.next().flatten();
        let Some(major) = next() else {
            let message = format!("{:?} is no version of lxc-start", text.trim());
            return Err(Error::new(ErrorKind::Corrupt, message));
        };
        Ok(HypervisorVersion {
            major,
            minor: next().unwrap_or(0),
            micro: next().unwrap_or(0),
        })
    }

    /// The machine's time, in nanoseconds since 1970.
    pub(crate) async fn time(&self) -> Result<i64> {
        let date = Command::new("date").arg("+%s%N");
        let said = succeeded("date", self.ask(date).await?)?.stdout_text();
        said.trim().parse().map_err(|_| {
            let message = format!("{:?} is no time of date", said.trim());
            Error::new(ErrorKind::Corrupt, message)
        })
    }

    /// The directory in which liblxc's tools look for containers of the user we are.
    ///
    /// # Errors
    /// `Unsupported` where the tools are not there.
    pub(crate) async fn default_directory(host: &dyn virt_core::host::Host) -> Result<String> {
        let command = Command::new("lxc-config").arg("lxc.lxcpath").env("LC_ALL", "C");
        let output = host.processes().run(command).await.map_err(|error| {
            if error.kind() == ErrorKind::NotFound {
                missing(host.name()).with_source(error)
            } else {
                error
            }
        })?;
        let path = output.stdout_text().trim().to_owned();
        if !output.status.success() || !path.starts_with('/') {
            return Err(Error::new(
                ErrorKind::Failed,
                "lxc-config does not tell where containers are: name their directory as ?root=DIR",
            ));
        }
        Ok(path)
    }
}

/// liblxc's tools are not on a machine.
fn missing(host: &str) -> Error {
    Error::unsupported("liblxc's tools are not installed there: install the package lxc")
        .with_subject(Subject::Host(host.to_owned()))
}
