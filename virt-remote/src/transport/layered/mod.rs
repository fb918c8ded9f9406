//! A stream whose bytes go through a layer that a login agrees on.
//!
//! A login's messages go as they are; from then on everything goes through the layer. So that nobody on the line slips
//! something in between, not a byte is read behind the daemon's last answer before it is known what follows.

mod gate;
mod layer;
mod stream;
mod switch;

pub use layer::Layer;
pub(super) use stream::LayeredStream;
pub use switch::LayerSwitch;
