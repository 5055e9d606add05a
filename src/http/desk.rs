//! What every request has at hand.

use std::net::SocketAddr;

use tokio::sync::Semaphore;

use super::problem::{Code, Problem};
use crate::clock::Clock;
use crate::config::{Network, PublicUrl, SecretKey, Settings};
use crate::db::Db;
use crate::words::Words;

/// The installation as the edge sees it: made once, shared by all threads.
pub struct Desk {
    /// Rows.
    pub db: Db,
    /// Tells the time.
    pub clock: Clock,
    /// Everything that people read.
    pub words: Words,
    /// The origin in links.
    pub public_url: PublicUrl,
    /// The number shown to contacts who need a high priority (C5).
    pub support_phone: Option<String>,
    /// Signs links.
    pub key: SecretKey,
    /// Proxies whose word about a client's address is taken.
    pub trusted_proxies: Vec<Network>,
    /// Hashing a password takes a processor and 19 MiB: no more than there are processors hash at once, so that a
    /// flood of sign-ins waits instead of taking the machine.
    pub(super) hashing: Semaphore,
}

impl Desk {
    /// The desk that serves on `address`.
    pub fn new(
        settings: &Settings,
        key: SecretKey,
        db: Db,
        clock: Clock,
        words: Words,
        address: SocketAddr,
    ) -> Self {
        Self {
            db,
            clock,
            words,
            public_url: settings
                .public_url
                .clone()
                .unwrap_or_else(|| PublicUrl::listening_on(address)),
            support_phone: settings.support_phone.clone(),
            key,
            trusted_proxies: settings.trusted_proxies.clone(),
            hashing: Semaphore::new(std::thread::available_parallelism().map_or(2, usize::from)),
        }
    }

    /// The number that contacts call for a high priority, or words that stand for it where none is set (C5).
    pub fn phone(&self) -> String {
        self.support_phone
            .clone()
            .unwrap_or_else(|| self.words.say("support-phone-unset", &[]))
    }

    /// A problem with what only the installation knows.
    pub fn completed(&self, problem: Problem) -> Problem {
        match problem.code() {
            Code::PriorityByPhone => problem.with("phone", self.phone()),
            _ => problem,
        }
    }
}
