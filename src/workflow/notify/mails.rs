//! Mails as whoever keeps the desk looks at them: that of a notice, and a made-up one of each kind (N1, N3).

use super::notice_of;
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::ids::{NoticeId, PersonId};
use crate::domain::language::Language;
use crate::domain::notice::NoticeKind;
use crate::domain::organization::Side;
use crate::domain::text::EmailAddress;
use crate::mail::sample;
use crate::mail::scene::{Addressee, Notice};
use crate::store::notices;
use crate::store::organizations;
use crate::workflow::{Rejection, VerbResult};

/// A notice as it would be written at `now`: what was redacted, or what its reader may not see any more, is left out. Nothing if
/// there is no such notice, or if it bears a link with which whoever opens it acts as its recipient.
///
/// # Errors
/// Database errors.
pub fn written_now(
    conn: &mut Conn,
    id: NoticeId,
    host: &str,
    now: Instant,
) -> Result<Option<Notice>, DbError> {
    let row = notices::addressed(conn, &[id], now)?.pop();
    let notice = row.and_then(|row| notice_of(&row, host).ok());
    Ok(notice.filter(|notice| !notice.payload.kind().bears_link()))
}

/// Who looks at made-up mails.
#[derive(Clone, Debug)]
pub struct Looker {
    /// The person.
    pub person: PersonId,
    /// First and last name.
    pub name: String,
    /// The address.
    pub email: EmailAddress,
    /// The zone in which they are told times.
    pub zone: chrono_tz::Tz,
    /// The language in which they read.
    pub language: Language,
}

/// A made-up notice of a kind, with everything in it that can be there, to whoever looks at it. It bears this installation's names,
/// and tells of nothing that exists: its links lead nowhere.
///
/// # Errors
/// [`Rejection::NotFound`] for a kind without a sample; database errors.
pub fn made_up(
    conn: &mut Conn,
    kind: NoticeKind,
    looker: &Looker,
    host: &str,
    now: Instant,
) -> VerbResult<Notice> {
    let provider = organizations::provider(conn)?;
    let provider = provider.map(|found| found.name).unwrap_or_default();
    let to = Addressee {
        person: Some(looker.person),
        name: looker.name.clone(),
        email: looker.email.clone(),
        zone: looker.zone,
        language: looker.language,
        side: Side::Provider,
    };
    let notice = sample::of(kind, to, provider, host, now);
    Ok(notice.ok_or(Rejection::NotFound)?)
}
