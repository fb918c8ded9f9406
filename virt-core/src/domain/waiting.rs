//! Waiting for a domain: for a state, its agent, an address.

use super::{Domain, DomainInfo, DomainState};
use crate::agent::{GuestAddress, GuestInterface};
use crate::deadline::{CallClass, CallContext};
use crate::error::{Error, ErrorKind, Outcome, Result, Retry};
use crate::event::{AgentState, DomainChange, Event, EventFilter, EventStream};

/// Between two questions to an agent that does not answer yet: no event tells that a guest got an address.
const ASK_AGAIN: std::time::Duration = std::time::Duration::from_millis(500);

impl Domain {
    /// Waits until it is in this state, at once when it is. Deadline: [`CallClass::Wait`], 5 min unless said.
    ///
    /// # Errors
    /// `Timeout`; `NotFound` when it vanishes meanwhile (a transient one that ended), unless the state waited for is
    /// [`DomainState::ShutOff`].
    ///
    /// # Cancel safety
    /// Yes.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::DomainState;
    /// domain.shutdown().await?;
    /// domain.wait_for(DomainState::ShutOff).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait_for(&self, state: DomainState) -> Result<()> {
        let waited = self.wait_until("wait_for", |info| info.state == state).await;
        match waited {
            Err(error) if error.kind() == ErrorKind::NotFound && state == DomainState::ShutOff => Ok(()),
            other => other.map(drop),
        }
    }

    /// Waits until its guest agent answers.
    ///
    /// # Errors
    /// `Timeout`; `InvalidState` when the domain stops meanwhile; `AgentUnavailable` when it has no channel for one.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// domain.reboot().await?;
    /// domain.wait_for_agent().await?;
    /// println!("{:?}", domain.agent().os().await?.pretty_name);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait_for_agent(&self) -> Result<()> {
        let call = self.connection().call_context("wait_for_agent", CallClass::Wait);
        self.bounded(&call, async {
            let mut events = self.listen(&call).await?;
            loop {
                self.must_run(&call).await?;
                match self.agent().ping().await {
                    Ok(()) => return Ok(()),
                    Err(error) if is_final(&error) => return Err(error),
                    Err(_) => {}
                }
                // The hypervisor tells when the guest opens the channel; a guest that had it open all along while its
                // agent hung is asked again now and then.
                let sooner = async {
                    while let Some(event) = events.next().await {
                        let Event::Domain(event) = event else { return };
                        match event.change {
                            DomainChange::Agent(AgentState::Connected) | DomainChange::Stopped(_) => return,
                            _ => {}
                        }
                    }
                };
                drop(tokio::time::timeout(ASK_AGAIN * 4, sooner).await);
            }
        })
        .await
    }

    /// Waits until the agent reports an address by which others can reach the guest.
    ///
    /// # Errors
    /// As [`Domain::wait_for_agent`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// let address = domain.wait_for_address().await?;
    /// println!("ssh root@{}", address.ip);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait_for_address(&self) -> Result<GuestAddress> {
        let call = self
            .connection()
            .call_context("wait_for_address", CallClass::Wait);
        self.bounded(&call, async {
            self.wait_for_agent().await?;
            loop {
                self.must_run(&call).await?;
                let interfaces = match self.agent().interfaces().await {
                    Ok(interfaces) => interfaces,
                    Err(error) if is_final(&error) => return Err(error),
                    Err(_) => Vec::new(),
                };
                if let Some(address) = reachable(interfaces) {
                    return Ok(address);
                }
                tokio::time::sleep(ASK_AGAIN).await;
            }
        })
        .await
    }

    /// Waits until what is known of it satisfies `wanted`, and gives that. Deadline: [`CallClass::Wait`].
    ///
    /// # Errors
    /// `Timeout`; `NotFound` when it vanishes meanwhile.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// let info = domain.wait_until_info(|info| info.agent_connected == Some(true)).await?;
    /// assert!(info.state.is_active());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait_until_info(&self, wanted: impl Fn(&DomainInfo) -> bool) -> Result<DomainInfo> {
        self.wait_until("wait_until_info", wanted).await
    }

    async fn wait_until(
        &self,
        operation: &'static str,
        wanted: impl Fn(&DomainInfo) -> bool,
    ) -> Result<DomainInfo> {
        let call = self.connection().call_context(operation, CallClass::Wait);
        self.bounded(&call, async {
            let mut events = self.listen(&call).await?;
            loop {
                let info = self.info().await?;
                if wanted(&info) {
                    return Ok(info);
                }
                if events.next().await.is_none() {
                    return Err(Error::new(ErrorKind::ConnectionLost, "the connection was closed"));
                }
            }
        })
        .await
    }

    /// The domain's events, as a part of this call.
    async fn listen(&self, call: &CallContext) -> Result<EventStream> {
        let driver = self.connection().driver();
        driver.subscribe(call, EventFilter::domain(self.uuid())).await
    }

    async fn bounded<T>(&self, call: &CallContext, work: impl Future<Output = Result<T>>) -> Result<T> {
        call.bound(Outcome::NotApplied, work)
            .await
            .map_err(|error| error.with_operation(call.operation).with_subject(self.subject()))
    }

    async fn must_run(&self, call: &CallContext) -> Result<()> {
        let info = self.info().await?;
        if info.state.is_active() {
            return Ok(());
        }
        let message = format!("the domain does not run: it is {} ({})", info.state, info.reason);
        Err(Error::new(ErrorKind::InvalidState, message).with_operation(call.operation))
    }
}

fn reachable(interfaces: Vec<GuestInterface>) -> Option<GuestAddress> {
    interfaces
        .into_iter()
        .flat_map(|interface| interface.addresses)
        .find(GuestAddress::is_reachable)
}

/// Whether waiting on is of no use.
fn is_final(error: &Error) -> bool {
    let may_pass = matches!(
        error.kind(),
        ErrorKind::AgentUnavailable | ErrorKind::Timeout | ErrorKind::Busy
    );
    // A driver says `Never` of an agent that can't come: the domain has no channel for one.
    !may_pass || error.retry() == Retry::Never
}
