//! Cleaning up what a case made, whether it passed or not.

use virt_core::domain::DomainInfo;
use virt_core::{Connection, ErrorKind};

use super::{Doing, Env, Failure};

impl Env {
    /// Destroys and undefines all domains, shuts all connections down, and looks for what is left.
    ///
    /// # Errors
    /// When that does not work, or something is left.
    pub(super) async fn clean_up(self) -> Result<(), Failure> {
        let mut problems = Vec::new();
        let mut note = |result: Result<(), Failure>| {
            if let Err(failure) = result {
                problems.push(failure.to_string());
            }
        };
        let mut alive: Vec<Connection> = self.opened();
        alive.retain(Connection::is_alive);
        let keeps_state = self.target().keeps_state();
        if alive.is_empty() && keeps_state {
            match self.open_when_free().await {
                Ok(connection) => alive.push(connection),
                Err(failure) => note(Err(failure)),
            }
        }
        let made = self.take_made();
        for connection in &alive {
            note(remove_all(connection).await);
            note(made.remove(connection).await);
            note(self.remove_pools(connection).await);
        }
        for connection in &alive {
            note(connection.shutdown().await.doing("shutting the connection down"));
        }
        problems.extend(self.target().leftovers(self.place()).await);
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Failure::new(format!(
                "cleaning up afterwards: {}",
                problems.join("; ")
            )))
        }
    }
}

impl Env {
    /// Opens the place once more. A connection that was cut gives it back in the background, and says nothing.
    async fn open_when_free(&self) -> Result<Connection, Failure> {
        let opening = async {
            loop {
                match self.connect(|builder| builder).await {
                    Err(error) if error.kind() == ErrorKind::Busy => {
                        tokio::time::sleep(self.times().quiet / 10).await;
                    }
                    other => return other,
                }
            }
        };
        let opened = self.soon("giving the place back", opening).await?;
        opened.doing("opening the place once more to clean up")
    }
}

async fn remove_all(connection: &Connection) -> Result<(), Failure> {
    let all = connection
        .domain_infos(&virt_core::domain::DomainFilter::all())
        .await
        .doing("listing what is to be removed")?;
    let mut first = Ok(());
    for info in all {
        let removed = remove(connection, &info).await;
        first = first.and(removed);
    }
    first
}

async fn remove(connection: &Connection, info: &DomainInfo) -> Result<(), Failure> {
    let name = &info.domain.name;
    let domain = match connection.domain(info.domain.uuid).await {
        Err(error) if is_gone(error.kind()) => return Ok(()),
        found => found.doing(&format!("looking {name} up to remove it"))?,
    };
    if info.state.is_active() {
        match domain.destroy().await {
            // It ended by itself meanwhile.
            Err(error) if is_gone(error.kind()) => {}
            destroyed => destroyed.doing(&format!("destroying {name}"))?,
        }
    }
    if info.persistent {
        match domain.undefine().await {
            Err(error) if is_gone(error.kind()) => {}
            undefined => undefined.doing(&format!("undefining {name}"))?,
        }
    }
    Ok(())
}

/// A read-only connection removes nothing: its place has another that does.
fn is_gone(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotFound | ErrorKind::InvalidState | ErrorKind::Denied
    )
}
