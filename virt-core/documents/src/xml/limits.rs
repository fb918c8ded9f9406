//! How large a document may be.

/// Bounds on what the reader accepts; what exceeds them is refused before it costs memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Size of the text in bytes; 16 MiB unless told.
    pub size: usize,
    /// Elements inside each other; 256 unless told.
    pub depth: usize,
    /// Attributes of one element, and namespaces declared around one; 256 unless told.
    pub attributes: usize,
    /// Elements, comments and other nodes in the whole document; 1,000,000 unless told.
    pub nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            size: 16 << 20,
            depth: 256,
            attributes: 256,
            nodes: 1_000_000,
        }
    }
}

impl Limits {
    /// The same with another bound on the size of the text, in bytes.
    #[must_use]
    pub const fn with_size(mut self, bytes: usize) -> Self {
        self.size = bytes;
        self
    }

    /// The same with another bound on depth. Reading and dropping a tree take stack for each level: beyond a
    /// few thousand the stack of a small thread can run out.
    #[must_use]
    pub const fn with_depth(mut self, levels: usize) -> Self {
        self.depth = levels;
        self
    }
}
