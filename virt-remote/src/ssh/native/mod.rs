//! A link of our own, over russh.
