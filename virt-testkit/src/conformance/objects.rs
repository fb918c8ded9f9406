//! Networks and secrets of a case: names nobody else has, and gone when the case is over.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU16, Ordering};

use virt_core::event::{Event, EventFilter, EventStream, ObjectKind};
use virt_core::model::secret::SecretUsageType;
use virt_core::model::{NetworkConfig, SecretConfig};
use virt_core::network::Network;
use virt_core::secret::{Secret, SecretUsageId};
use virt_core::{Connection, Error, ErrorKind};

use super::{Doing, Env, Failure};

/// The next subnet: no two networks of this process have the same.
static SUBNETS: AtomicU16 = AtomicU16::new(0);

/// What a case made besides domains.
#[derive(Debug, Default)]
pub(super) struct Made {
    networks: Vec<String>,
    secrets: Vec<SecretUsageId>,
}

impl Env {
    /// The configuration of an isolated network with a name, a bridge and a subnet of its own, which lends addresses.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn network(&self, stem: &str) -> Result<NetworkConfig, Failure> {
        let name = self.name(stem);
        let process = std::process::id();
        let [low, ..] = process.to_le_bytes();
        let number = SUBNETS.fetch_add(1, Ordering::Relaxed);
        let [subnet, _] = number.to_le_bytes();
        let address = |last| Ipv4Addr::new(10, low, subnet, last);
        self.note(|made| made.networks.push(name.clone()));
        let config = NetworkConfig::builder(name)
            .isolated()
            // At most 15 bytes, as the name of any device.
            .bridge_name(format!("v{:04x}n{number}", process & 0xffff))
            .uuid(uuid::Uuid::new_v4())
            .ip(address(1), 24)
            .dhcp_range(address(100), address(200))
            .build()?;
        Ok(config)
    }

    /// A network, defined.
    ///
    /// # Errors
    /// When that does not work.
    pub async fn defined_network(&self, stem: &str) -> Result<Network, Failure> {
        let config = self.network(stem)?;
        let defined = self.conn().define_network(&config).await;
        defined.doing("defining a network")
    }

    /// A network that is active: defined, and started.
    ///
    /// # Errors
    /// When that does not work.
    pub async fn active_network(&self, stem: &str) -> Result<Network, Failure> {
        let network = self.defined_network(stem).await?;
        network.start().await.doing("starting a network")?;
        Ok(network)
    }

    /// The document of a secret with a use of its own.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn secret(&self, stem: &str) -> Result<SecretConfig, Failure> {
        let id = self.name(stem);
        self.note(|made| {
            made.secrets
                .push(SecretUsageId::new(SecretUsageType::Ceph, id.clone()));
        });
        let config = SecretConfig::ceph(id).uuid(uuid::Uuid::new_v4()).build()?;
        Ok(config)
    }

    /// A secret, defined, without a value.
    ///
    /// # Errors
    /// When that does not work.
    pub async fn defined_secret(&self, stem: &str) -> Result<Secret, Failure> {
        let config = self.secret(stem)?;
        let defined = self.conn().define_secret(&config).await;
        defined.doing("defining a secret")
    }

    /// Listens to what happens to all objects of a kind from now on.
    ///
    /// # Errors
    /// When there are no events to be had.
    pub async fn events_of(&self, kind: ObjectKind) -> Result<EventStream, Failure> {
        let filter = EventFilter::all().of_kind(kind).without_native();
        self.conn()
            .events(filter)
            .await
            .doing("subscribing to events of one kind")
    }

    /// The next event that is about what `is` says; others may be of other cases.
    ///
    /// # Errors
    /// When none comes in time.
    pub async fn next_event<T>(
        &self,
        events: &mut EventStream,
        is: impl Fn(Event) -> Option<T>,
    ) -> Result<T, Failure> {
        let wanted = async {
            loop {
                match events.next().await {
                    None => return Err(Failure::new("the events ended")),
                    Some(Event::Lagged(lost)) => {
                        return Err(Failure::new(format!("{lost} events were lost")));
                    }
                    Some(event) => {
                        if let Some(found) = is(event) {
                            return Ok(found);
                        }
                    }
                }
            }
        };
        self.soon("an event", wanted).await?
    }
}

impl Made {
    /// Removes what is still there.
    ///
    /// # Errors
    /// The first that cannot be removed.
    pub(super) async fn remove(&self, connection: &Connection) -> Result<(), Failure> {
        let mut first = Ok(());
        for name in &self.networks {
            first = first.and(remove_network(connection, name).await);
        }
        for usage in &self.secrets {
            first = first.and(remove_secret(connection, usage).await);
        }
        first
    }
}

async fn remove_network(connection: &Connection, name: &str) -> Result<(), Failure> {
    let network = match connection.network(name).await {
        Err(error) if is_gone(&error) => return Ok(()),
        found => found.doing(&format!("looking network {name} up to remove it"))?,
    };
    for (what, removed) in [
        ("destroying", network.destroy().await),
        ("undefining", network.undefine().await),
    ] {
        match removed {
            Err(error) if is_gone(&error) => {}
            removed => removed.doing(&format!("{what} network {name}"))?,
        }
    }
    Ok(())
}

async fn remove_secret(connection: &Connection, usage: &SecretUsageId) -> Result<(), Failure> {
    let secret = match connection.secret(usage.clone()).await {
        Err(error) if is_gone(&error) => return Ok(()),
        found => found.doing(&format!("looking the secret for {usage} up to remove it"))?,
    };
    match secret.undefine().await {
        Err(error) if is_gone(&error) => Ok(()),
        removed => removed.doing(&format!("undefining the secret for {usage}")),
    }
}

/// Where there is nothing, or a connection only reads, nothing is to be removed.
fn is_gone(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::InvalidState | ErrorKind::Denied | ErrorKind::Unsupported
    )
}
