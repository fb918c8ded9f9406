//! What an image says of its process, where a document does not say it.

use virt_core::model::DomainConfig;
use virt_core::model::domain::InitEnv;
use virt_core::{Error, ErrorKind, Result, Subject};

use super::{Command, Image, ImageUser};

/// Where programs are where nobody says it.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

impl Image {
    /// Writes it into a document. What needs the root for being known is returned: command and user.
    pub(crate) fn apply(&self, document: &mut DomainConfig) -> Result<(Option<Command>, Option<ImageUser>)> {
        let process = self.configuration.config.clone().unwrap_or_default();
        let os = document.os.get_or_insert_default();
        let env = process.env.unwrap_or_default();
        let mut path = PATH;
        for variable in &env {
            let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
            if name == "PATH" && !value.is_empty() {
                path = value;
            }
            let is_said = os.init_env.iter().any(|said| said.name.as_deref() == Some(name));
            if !is_said && !name.is_empty() {
                let mut variable = InitEnv::default();
                variable.name = Some(name.to_owned());
                variable.value = Some(value.to_owned());
                os.init_env.push(variable);
            }
        }
        if os.initdir.is_none() {
            os.initdir = process.working_dir.filter(|directory| directory.starts_with('/'));
        }
        let command = if os.init.is_none() {
            let mut words = process.entrypoint.unwrap_or_default();
            words.extend(process.cmd.unwrap_or_default());
            if words.is_empty() {
                return Err(Error::new(
                    ErrorKind::InvalidConfig,
                    "the image says no program that is to run: say <init>",
                )
                .with_subject(Subject::Element("/domain/os/init".to_owned())));
            }
            let directories = path.split(':').filter(|directory| directory.starts_with('/'));
            // Something that can be checked; what it is is known with the root.
            os.init = Some(Command::SCRIPT.to_owned());
            Some(Command {
                words,
                directories: directories.map(str::to_owned).collect(),
            })
        } else {
            None
        };
        let user = match (&os.inituser, &os.initgroup) {
            (None, None) => process.user.as_deref().and_then(ImageUser::parse),
            _ => None,
        };
        Ok((command, user))
    }
}
