//! Which keys a machine may have: `known_hosts`, as OpenSSH reads it.
