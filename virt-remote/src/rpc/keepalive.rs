//! Whether the daemon is still there: pure, the time is told from outside.

use std::time::Duration;

use tokio::time::Instant;

/// How often the daemon is asked whether it is there, and how often in vain before it is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeepalivePolicy {
    /// How long nothing may have come before the daemon is asked, and how long until it is asked again.
    pub interval: Duration,
    /// How many unanswered questions there may be.
    pub count: u32,
}

impl Default for KeepalivePolicy {
    /// As libvirt's own client: every 5 s, 5 times.
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(5),
            count: 5,
        }
    }
}

impl KeepalivePolicy {
    /// Asks when nothing has come for `interval`, and gives up after `count` questions without an answer.
    #[must_use]
    pub fn new(interval: Duration, count: u32) -> Self {
        Self { interval, count }
    }
}

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    /// Ask.
    Ping,
    /// Give up: nothing has come for so long.
    Dead(Duration),
}

/// Asks, counts, gives up. Off until it is started.
#[derive(Debug, Default)]
pub(super) struct Keepalive {
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    policy: KeepalivePolicy,
    heard: Instant,
    asked: u32,
    next: Instant,
}

impl Keepalive {
    pub(super) fn start(&mut self, policy: KeepalivePolicy, now: Instant) {
        self.running = (!policy.interval.is_zero()).then(|| Running {
            policy,
            heard: now,
            asked: 0,
            next: now + policy.interval,
        });
    }

    /// Something has come, whatever it is.
    pub(super) fn heard(&mut self, now: Instant) {
        if let Some(running) = &mut self.running {
            running.heard = now;
            running.asked = 0;
            running.next = now + running.policy.interval;
        }
    }

    /// When to look again.
    pub(super) fn next(&self) -> Option<Instant> {
        self.running.as_ref().map(|running| running.next)
    }

    pub(super) fn due(&mut self, now: Instant) -> Due {
        let Some(running) = self.running.as_mut().filter(|running| now >= running.next) else {
            return Due::Nothing;
        };
        if running.asked >= running.policy.count {
            return Due::Dead(now.saturating_duration_since(running.heard));
        }
        running.asked += 1;
        running.next = now + running.policy.interval;
        Due::Ping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_silent_daemon_is_asked_and_then_given_up_after_one_interval_more_than_questions() {
        let start = Instant::now();
        let mut keepalive = Keepalive::default();
        assert_eq!((keepalive.next(), keepalive.due(start)), (None, Due::Nothing));
        keepalive.start(KeepalivePolicy::new(SECOND, 2), start);
        assert_eq!(keepalive.due(start), Due::Nothing);
        assert_eq!(keepalive.due(start + SECOND), Due::Ping);
        assert_eq!(keepalive.due(start + SECOND), Due::Nothing);
        assert_eq!(keepalive.due(start + 2 * SECOND), Due::Ping);
        assert_eq!(keepalive.due(start + 3 * SECOND), Due::Dead(3 * SECOND));
    }

    #[test]
    fn whatever_comes_is_a_sign_of_life() {
        let start = Instant::now();
        let mut keepalive = Keepalive::default();
        keepalive.start(KeepalivePolicy::new(SECOND, 1), start);
        for at in 1..10 {
            assert_eq!(keepalive.due(start + at * SECOND), Due::Ping);
            keepalive.heard(start + at * SECOND);
        }
        assert_eq!(keepalive.next(), Some(start + 10 * SECOND));
    }
}
