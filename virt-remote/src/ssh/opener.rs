//! How a URI with the transport `ssh` comes to its machine.

use std::sync::Arc;

use async_trait::async_trait;
use virt_core::backend::HostOpener;
use virt_core::credentials::CredentialSource;

use virt_core::host::Host;
use virt_core::{CallContext, ConnectUri, Error, ErrorKind, Outcome, Result, Subject};

use super::config::{ConfigFiles, Environment, HostConfig, JumpHost};
use super::host::{HostOptions, SshHost};
use super::link::Dialer;
use super::native::{NativeDialer, Resolve};
use super::options::{Become, SshOptions, SshTransport};
#[cfg(feature = "rpc")]
use super::overrides::Overrides;
use super::program::{ProgramDialer, ProgramTarget};

/// Reaches machines over SSH, for URIs such as `qemu+ssh://root@far/embed`; [`SshOptions`] says what a URI may say.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct SshOpener;

#[async_trait]
impl HostOpener for SshOpener {
    fn parameters(&self) -> &'static [&'static str] {
        SshOptions::PARAMETERS
    }

    /// Logs in.
    ///
    /// # Errors
    /// * `InvalidArgument` for a URI that means nothing, `InvalidConfig` for a configuration that can't be read.
    /// * `AuthenticationFailed` where the machine's key or our credentials are refused.
    /// * `ConnectionLost` where the machine can't be reached.
    async fn open(
        &self,
        uri: &ConnectUri,
        credentials: &CredentialSource,
        call: &CallContext,
    ) -> Result<Arc<dyn Host>> {
        call.bound(Outcome::NotApplied, async {
            let environment = Environment::current()?;
            let options = SshOptions::of(uri, &environment)?;
            let dialer: Arc<dyn Dialer> = match options.transport {
                SshTransport::Native => {
                    let config = configuration(&options, environment.clone()).await?;
                    Arc::new(native(&options, config, environment, credentials))
                }
                SshTransport::Program => {
                    Arc::new(ProgramDialer::new(options.host.clone(), program(&options)))
                }
            };
            host_over(dialer, options.r#become, credentials).await
        })
        .await
    }
}

/// Logs in for one stream, to the machine that a URI names, with overrides.
///
/// # Errors
/// `InvalidArgument` for a URI that means nothing, `InvalidConfig` for a configuration that can't be read.
#[cfg(feature = "rpc")]
pub(crate) async fn dialer_for(
    uri: &ConnectUri,
    credentials: &CredentialSource,
    overrides: Overrides,
) -> Result<Arc<dyn Dialer>> {
    let environment = Environment::current()?;
    let options = SshOptions::of(uri, &environment)?;
    if options.transport == SshTransport::Program && !overrides.own_client {
        let mut target = program(&options);
        overrides.apply_to_program(&mut target);
        return Ok(Arc::new(ProgramDialer::new(options.host.clone(), target)));
    }
    let mut config = configuration(&options, environment.clone()).await?;
    overrides.apply(&mut config);
    Ok(Arc::new(
        native(&options, config, environment, credentials).for_one_stream(),
    ))
}

/// What the configuration says; our own client reads it here.
async fn configuration(options: &SshOptions, environment: Environment) -> Result<HostConfig> {
    let lookup = options.lookup(environment);
    let config: HostConfig = tokio::task::spawn_blocking(move || lookup.resolve())
        .await
        .map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                "reading the configuration did not come to its end",
            )
            .with_source(error)
        })?
        .map_err(|error| error.with_subject(Subject::Host(options.host.clone())))?;
    for note in &config.notes {
        let place = format!("{}:{}", note.file.display(), note.line);
        tracing::info!(host = options.host, place, "{}", note.text);
    }
    Ok(config)
}

/// Our own client.
fn native(
    options: &SshOptions,
    config: HostConfig,
    environment: Environment,
    credentials: &CredentialSource,
) -> NativeDialer {
    let own = options.clone();
    let resolve: Resolve = Arc::new(move |jump: &JumpHost| {
        own.lookup_jump(jump, environment.clone())
            .resolve()
            .map_err(|error| error.with_subject(Subject::Host(jump.host.clone())))
    });
    NativeDialer::new(options.host.clone(), config, resolve, credentials.clone())
}

/// The system's `ssh`: it reads its configuration itself.
fn program(options: &SshOptions) -> ProgramTarget {
    ProgramTarget {
        program: options.command.clone(),
        host: options.host.clone(),
        user: options.user.clone(),
        port: options.port,
        config_file: match &options.config_files {
            ConfigFiles::File(path) => Some(path.clone()),
            ConfigFiles::None => Some("none".into()),
            _ => None,
        },
        key_file: options.key_file.clone(),
        known_hosts: options.known_hosts.clone(),
        jump: options.jump.as_deref().map(jump_text),
        settings: Vec::new(),
    }
}

/// A chain of machines as `ProxyJump` has it.
fn jump_text(chain: &[JumpHost]) -> String {
    if chain.is_empty() {
        return "none".to_owned();
    }
    let hops: Vec<String> = chain.iter().map(ToString::to_string).collect();
    hops.join(",")
}

/// The last step: a [`Host`] over the logins of `dialer`.
async fn host_over(
    dialer: Arc<dyn Dialer>,
    r#become: Become,
    credentials: &CredentialSource,
) -> Result<Arc<dyn Host>> {
    let options = HostOptions {
        sudo: r#become == Become::Sudo,
        credentials: credentials.clone(),
        ..HostOptions::default()
    };
    let host: Arc<dyn Host> = SshHost::connect(dialer, options).await?;
    Ok(host)
}
