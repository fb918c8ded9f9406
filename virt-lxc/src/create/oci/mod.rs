//! Images of the Open Container Initiative, in a directory of the machine.

mod apply;
mod command;
mod digest;
mod image;
mod layer;
mod layout;
mod platform;
mod user;

pub(crate) use command::Command;
pub(crate) use image::Image;
use user::ImageUser;

pub(crate) use layer::{Entry, EntryKind, Layer};
