//! How a console is opened.

/// What happens when a console that is open already is opened once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SecondReader {
    /// It is refused with `Busy`.
    #[default]
    Refuse,
    /// The new one gets it, the old ones end (`VIR_DOMAIN_CONSOLE_FORCE`).
    TakeOver,
    /// All read the same, and what they write goes to the guest in the order it comes.
    Share,
}

/// How a console is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsoleOptions {
    /// The device's alias (`serial0`, `console0`, `channel1`); the first console, else the first serial port, when `None`.
    pub device: Option<String>,
    /// What happens when it is open already.
    pub second: SecondReader,
    /// How much of what it printed before comes first, in bytes at most; 0 for nothing. Default 64 KiB.
    pub scrollback: u64,
}

impl Default for ConsoleOptions {
    fn default() -> Self {
        Self {
            device: None,
            second: SecondReader::default(),
            scrollback: 64 * 1024,
        }
    }
}

impl ConsoleOptions {
    /// This device, by its alias.
    #[must_use]
    pub fn device(mut self, alias: impl Into<String>) -> Self {
        self.device = Some(alias.into());
        self
    }

    /// What happens when it is open already.
    #[must_use]
    pub fn second(mut self, policy: SecondReader) -> Self {
        self.second = policy;
        self
    }

    /// So many bytes of what came before.
    #[must_use]
    pub fn scrollback(mut self, bytes: u64) -> Self {
        self.scrollback = bytes;
        self
    }
}
