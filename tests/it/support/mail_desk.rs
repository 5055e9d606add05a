//! A desk whose notices leave through a mail server.

use super::database::Backend;
use super::desk::Desk;
use super::person::Person;
use super::smtp::{MailServer, Protection};

/// Where the readers of mails find the desk.
pub const PUBLIC_URL: &str = "https://help.bellhop.test";

/// What it signs the links of its mails with.
pub const KEY: &str = "a key that signs the links of this desk";

/// The desk, the server, and those who write and read most.
pub struct MailDesk {
    /// The desk.
    pub desk: Desk,
    /// Takes what the desk sends.
    pub server: MailServer,
    /// A contact of ACME.
    pub dana: Person,
    /// An engineer.
    pub eve: Person,
    /// An administrator.
    pub ada: Person,
}

impl MailDesk {
    /// Runs a story with one.
    pub fn for_story<F: Future<Output = ()>>(backend: Backend, story: impl FnOnce(Self) -> F) {
        Self::for_story_with(backend, &[], story);
    }

    /// The same with other settings, by the names of the environment.
    pub fn for_story_with<F: Future<Output = ()>>(
        backend: Backend,
        settings: &[(&str, &str)],
        story: impl FnOnce(Self) -> F,
    ) {
        let server = MailServer::start(Protection::None);
        let url = server.url();
        let own = [
            ("CASEBELL_MAIL_URL", &*url),
            ("CASEBELL_PUBLIC_URL", PUBLIC_URL),
            ("CASEBELL_SECRET_KEY", KEY),
        ];
        let settings: Vec<(&str, &str)> = own.iter().chain(settings).copied().collect();
        Desk::for_story_with(backend, &settings, |desk| {
            let [dana, eve, ada] = ["dana", "eve", "ada"].map(|key| desk.person(key));
            story(Self {
                desk,
                server,
                dana,
                eve,
                ada,
            })
        });
    }

    /// How many notices stand like this.
    pub fn count_of_notices(&self, state: &str) -> usize {
        count_of_notices(&self.desk, state)
    }
}

/// How many notices of a desk stand like this.
pub fn count_of_notices(desk: &Desk, state: &str) -> usize {
    let query =
        format!("SELECT CAST(count(*) AS text) AS text FROM notices WHERE state = '{state}'");
    desk.database().texts(&query)[0].parse().expect("a number")
}
