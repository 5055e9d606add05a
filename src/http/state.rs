//! What every request has at hand.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::TimeDelta;
use secrecy::SecretString;

use super::api::documents::KeptCases;
use super::client::Proxies;
use super::problem::{Code, Problem};
use super::readiness::Readiness;
use super::uploads::Uploads;
use crate::clock::Clock;
use crate::config::{MailUrl, PublicUrl, SecretKey, Settings};
use crate::credentials::Hashers;
use crate::db::Db;
use crate::domain::Instant;
use crate::domain::session::SessionLimits;
use crate::mail::render::{Renderer, TemplateError};
use crate::mail::transport::{Folder, Smtp, SmtpUrlError, Transport};
use crate::mail::{Letterhead, Mailer};
use crate::store::sessions::Session;
use crate::words::Languages;
use crate::worker::{ErrorLog, LastSeenBuffer};

/// The installation as the edge sees it: made once, shared by all threads.
pub struct AppState {
    /// Rows.
    pub db: Db,
    /// Tells the time.
    pub clock: Clock,
    /// Everything that people read, in every language.
    pub words: Languages,
    /// The origin in links.
    pub public_url: PublicUrl,
    /// The number shown to contacts who need a high priority (C5).
    pub support_phone: Option<String>,
    /// Writes notices and hands them over.
    pub post: Arc<Mailer>,
    /// For how long an author may take back what they posted, and mails of it wait (F4); not at all if zero.
    pub undo: TimeDelta,
    /// When sessions end by themselves.
    pub sessions: SessionLimits,
    /// The sessions that were used lately.
    pub seen: LastSeenBuffer,
    /// Failures that are still to be written down.
    pub errors: ErrorLog,
    /// Whether this process can do its job.
    pub readiness: Readiness,
    /// Signs links.
    pub key: SecretKey,
    /// Files that people send.
    pub uploads: Uploads,
    /// Where processes that send mail show that they live.
    pub workers: PathBuf,
    /// What whoever measures has to show, if anybody may.
    pub metrics_token: Option<SecretString>,
    /// The proxies before this process.
    pub proxies: Proxies,
    /// Cases as the API answers them.
    pub(super) cases: KeptCases,
    /// Hash passwords.
    pub(super) hashers: Hashers,
}

impl AppState {
    /// The desk that serves on `address`.
    pub fn new(
        settings: &Settings,
        key: SecretKey,
        db: Db,
        clock: Clock,
        words: Languages,
        address: SocketAddr,
    ) -> Result<Self, PostError> {
        let public_url = settings
            .public_url
            .clone()
            .unwrap_or_else(|| PublicUrl::listening_on(address));
        let post = Arc::new(post(settings, &key, &public_url, &words)?);
        Ok(Self {
            db,
            clock,
            words,
            public_url,
            post,
            undo: settings.undo,
            sessions: settings.sessions,
            seen: LastSeenBuffer::default(),
            errors: ErrorLog::default(),
            readiness: Readiness::default(),
            support_phone: settings.support_phone.clone(),
            key,
            uploads: Uploads::new(settings).map_err(PostError::Files)?,
            workers: settings.data_dir.join("workers"),
            metrics_token: settings.metrics_token.clone(),
            proxies: Proxies::trusted(settings.trusted_proxies.clone()),
            cases: KeptCases::default(),
            hashers: Hashers::start().map_err(PostError::Threads)?,
        })
    }

    /// Until when a session is taken if it is not used before, which its row may not know yet.
    pub fn idle_until(&self, session: &Session) -> Instant {
        let used = self.seen.of(session) + self.sessions.idle;
        used.max(session.idle_until).min(session.expires_at)
    }

    /// A problem with what only the installation knows. Where it has no number, the words for that are the reader's.
    pub fn completed(&self, problem: Problem) -> Problem {
        match (problem.code(), &self.support_phone) {
            (Code::PriorityByPhone, Some(phone)) => problem.with("phone", phone.as_str()),
            _ => problem,
        }
    }
}

/// Why the desk has no post.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// A mail template is wrong (N1).
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The mail server's URL is wrong.
    #[error("CASEBELL_MAIL_URL: {0}")]
    Smtp(#[from] SmtpUrlError),
    /// The system gives no threads that hash passwords.
    #[error("no thread to hash passwords: {0}")]
    Threads(io::Error),
    /// There is no way to the storage of attachments.
    #[error("CASEBELL_ATTACHMENTS_S3_ENDPOINT: {0}")]
    Files(io::Error),
    /// The folder of outgoing mail cannot be made.
    #[error("CASEBELL_MAIL_URL: {0}: {1}")]
    Folder(String, io::Error),
}

fn post(
    settings: &Settings,
    key: &SecretKey,
    public_url: &PublicUrl,
    words: &Languages,
) -> Result<Mailer, PostError> {
    let letterhead = Letterhead {
        from: settings.mail_from.clone(),
        public_url: public_url.as_str().to_owned(),
        support_phone: settings.support_phone.clone(),
        key: key.clone(),
    };
    let renderer = Renderer::load(words, settings.templates_dir.as_deref())?;
    let transport = match &settings.mail_url {
        MailUrl::Folder(path) => {
            let unmade = |error| PostError::Folder(path.display().to_string(), error);
            Transport::Folder(Folder::open(path).map_err(unmade)?)
        }
        MailUrl::Smtp(url) => Transport::Smtp(Box::new(Smtp::new(url)?)),
    };
    Ok(Mailer::new(letterhead, renderer, transport))
}
