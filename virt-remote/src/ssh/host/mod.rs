//! A machine over SSH, as a [`Host`](virt_core::host::Host).
