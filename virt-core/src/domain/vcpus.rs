//! The vCPUs of a domain, and the bound of its memory.

use super::{ConfigScope, Domain, VcpuOptions};
use crate::deadline::CallClass;
use crate::error::Result;
use crate::model::ByteSize;

impl Domain {
    /// Changes how many vCPUs it has, up to the maximum of its definition (`virDomainSetVcpusFlags`).
    ///
    /// # Errors
    /// `InvalidArgument` for none, and above its maximum.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::domain::{ConfigScope, VcpuOptions};
    /// domain.set_vcpus(1, ConfigScope::Live).await?;
    /// assert_eq!(domain.info().await?.vcpus, 1);
    /// // From its next start on it can have four.
    /// domain.set_vcpus_with(4, &VcpuOptions::default().scope(ConfigScope::Config).maximum()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_vcpus(&self, count: u32, scope: ConfigScope) -> Result<()> {
        self.set_vcpus_with(count, &VcpuOptions::default().scope(scope))
            .await
    }

    /// Changes how many vCPUs it has, or can have, with options (`virDomainSetVcpusFlags`).
    ///
    /// # Errors
    /// As [`set_vcpus`](Self::set_vcpus).
    pub async fn set_vcpus_with(&self, count: u32, options: &VcpuOptions) -> Result<()> {
        self.call("set_vcpus", CallClass::Change, async |call, driver| {
            driver
                .domains()
                .set_vcpus(&call, self.uuid(), count, options)
                .await
        })
        .await
    }

    /// Changes the most memory it can have (`virDomainSetMaxMemory`, `virDomainSetMemoryFlags`): of its next start, as
    /// hypervisors can't change that of a running machine. What it has is brought down to it where it is more.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::domain::ConfigScope;
    /// use virt_core::model::ByteSize;
    /// domain.destroy().await?;
    /// domain.set_max_memory(ByteSize::gib(16), ConfigScope::Config).await?;
    /// assert_eq!(domain.info().await?.max_memory, ByteSize::gib(16));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_max_memory(&self, size: ByteSize, scope: ConfigScope) -> Result<()> {
        self.call("set_max_memory", CallClass::Change, async |call, driver| {
            driver
                .domains()
                .set_max_memory(&call, self.uuid(), size, scope)
                .await
        })
        .await
    }
}
