//! The hypervisor's I/O threads.

use crate::xml::{Rest, XmlElement};

/// `<iothreadids>`: the I/O threads one by one.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct IoThreadIds {
    /// The threads.
    #[xml(child = "iothread")]
    pub threads: Vec<IoThreadId>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<iothread>` of `<iothreadids>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct IoThreadId {
    /// Its number, from 1.
    #[xml(attr)]
    pub id: Option<u32>,
    /// The fewest helpers it has.
    #[xml(attr)]
    pub thread_pool_min: Option<u32>,
    /// The most helpers it has.
    #[xml(attr)]
    pub thread_pool_max: Option<u32>,
    /// How it polls.
    #[xml(child)]
    pub poll: Option<IoThreadPoll>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<poll>` of an I/O thread.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct IoThreadPoll {
    /// Nanoseconds it polls at most.
    #[xml(attr)]
    pub max: Option<u64>,
    /// How polling grows.
    #[xml(attr)]
    pub grow: Option<u64>,
    /// How polling shrinks.
    #[xml(attr)]
    pub shrink: Option<u64>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<defaultiothread>`: the main loop of the hypervisor.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct DefaultIoThread {
    /// The fewest helpers it has.
    #[xml(attr)]
    pub thread_pool_min: Option<u32>,
    /// The most helpers it has.
    #[xml(attr)]
    pub thread_pool_max: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
