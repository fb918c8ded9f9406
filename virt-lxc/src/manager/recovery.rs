//! What the opening of a directory found.

/// What the opening of a directory of containers found, and what was made of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecoveryReport {
    /// Containers that ran, by name.
    pub adopted: Vec<String>,
    /// Containers that were to go with the connection that started them, by name: they were destroyed.
    pub destroyed: Vec<String>,
    /// What could not be understood, and why. It is left as it is.
    pub corrupt: Vec<(String, String)>,
}
