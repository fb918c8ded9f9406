//! The contracts, vocabulary and documents of the virt SDK, and its reference driver.
