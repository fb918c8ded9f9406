//! What bytes go through.

use std::fmt;
use std::io;

/// What bytes go through, packet by packet.
pub trait Layer: Send + fmt::Debug {
    /// How much goes into one packet, at most.
    fn most_plain(&self) -> usize;

    /// How long a packet that comes may be, without its length.
    fn most_sealed(&self) -> usize;

    /// Makes a packet, with its length in front (4 bytes, the highest first), and appends it.
    ///
    /// # Errors
    /// `InvalidData` where the layer is broken.
    fn seal(&mut self, plain: &[u8], out: &mut Vec<u8>) -> io::Result<()>;

    /// Opens a packet without its length, and appends what was in it.
    ///
    /// # Errors
    /// `InvalidData` for one that does not come from the other end, or not in this order.
    fn open(&mut self, packet: &[u8], out: &mut Vec<u8>) -> io::Result<()>;
}
