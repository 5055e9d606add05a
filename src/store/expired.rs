//! Rows that have outlived their use, deleted in bounded batches so that no writer waits long for it.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{
    drafts, idempotency_keys, one_time_links, radar_warnings, recent_errors, sessions, setup_links,
    sign_in_attempts, undoable_entries,
};
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::draft::KEPT_FOR;
use crate::store::notices;

/// Things that expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiring {
    /// Answers kept for repeated requests.
    IdempotencyKeys,
    /// Sessions that nobody uses any more.
    Sessions,
    /// Counted failures to sign in.
    SignInAttempts,
    /// One-time links of the set-up.
    SetupLinks,
    /// One-time links of people.
    OneTimeLinks,
    /// Notices that were sent.
    SentNotices,
    /// What owners of cases were warned of.
    RadarWarnings,
    /// Failures of the desk's own.
    RecentErrors,
    /// What was begun and not written on any more.
    Drafts,
    /// That entries could be taken back.
    UndoableEntries,
}

/// How long failures to sign in are kept at the most; every limit looks back less far.
const ATTEMPTS_KEPT: TimeDelta = TimeDelta::hours(2);
/// How long an expired link can still be told from one that never was.
const LINKS_KEPT: TimeDelta = TimeDelta::days(7);
/// How long what became of a sent notice can be asked for.
const NOTICES_KEPT: TimeDelta = TimeDelta::days(90);
/// How far a clock may be set back without anybody being warned twice.
const WARNINGS_KEPT: TimeDelta = TimeDelta::days(7);
/// How long it is told why an entry is not taken back any more.
const UNDO_TOLD_FOR: TimeDelta = TimeDelta::hours(1);
/// How long failures can be looked at.
const ERRORS_KEPT: TimeDelta = TimeDelta::days(30);

impl Expiring {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::IdempotencyKeys,
        Self::Sessions,
        Self::SignInAttempts,
        Self::SetupLinks,
        Self::OneTimeLinks,
        Self::SentNotices,
        Self::RadarWarnings,
        Self::RecentErrors,
        Self::Drafts,
        Self::UndoableEntries,
    ];

    /// The name of the table, for logs.
    pub const fn table(self) -> &'static str {
        match self {
            Self::IdempotencyKeys => "idempotency_keys",
            Self::Sessions => "sessions",
            Self::SignInAttempts => "sign_in_attempts",
            Self::SetupLinks => "setup_links",
            Self::OneTimeLinks => "one_time_links",
            Self::SentNotices => "notices",
            Self::RadarWarnings => "radar_warnings",
            Self::RecentErrors => "recent_errors",
            Self::Drafts => "drafts",
            Self::UndoableEntries => "undoable_entries",
        }
    }

    /// Deletes the oldest `batch` of what has expired at `now`, and perhaps those that expired at the same instant as the
    /// last of them; answers how many.
    ///
    /// # Errors
    /// Database errors.
    pub fn delete(self, conn: &mut Conn, batch: i64, now: Instant) -> QueryResult<usize> {
        // Not every key of these tables can be listed in a condition; the instant of the last one of the batch can.
        macro_rules! oldest {
            ($table:ident :: $instant:ident <= $until:expr $(, $also:expr)?) => {{
                let until = At($until);
                let last: Option<At> = $table::table
                    .filter($table::$instant.le(until))
                    $(.filter($also))?
                    .order($table::$instant.asc())
                    .offset(batch - 1)
                    .limit(1)
                    .select($table::$instant)
                    .get_result(conn)
                    .optional()?;
                diesel::delete(
                    $table::table.filter($table::$instant.le(last.unwrap_or(until)))$(.filter($also))?,
                )
                .execute(conn)
            }};
        }
        match self {
            Self::IdempotencyKeys => oldest!(idempotency_keys::expires_at <= now),
            Self::Sessions => oldest!(sessions::idle_until <= now),
            Self::SetupLinks => oldest!(setup_links::expires_at <= now - LINKS_KEPT),
            Self::OneTimeLinks => oldest!(one_time_links::expires_at <= now - LINKS_KEPT),
            Self::RadarWarnings => oldest!(radar_warnings::eligible_at <= now - WARNINGS_KEPT),
            Self::RecentErrors => oldest!(recent_errors::at <= now - ERRORS_KEPT),
            Self::Drafts => oldest!(drafts::updated_at <= now - KEPT_FOR),
            Self::UndoableEntries => oldest!(undoable_entries::until <= now - UNDO_TOLD_FOR),
            Self::SentNotices => notices::delete_sent(conn, batch, now - NOTICES_KEPT),
            Self::SignInAttempts => oldest!(
                sign_in_attempts::window_started_at <= now - ATTEMPTS_KEPT,
                sign_in_attempts::blocked_until
                    .is_null()
                    .or(sign_in_attempts::blocked_until.le(At(now)))
            ),
        }
    }
}
