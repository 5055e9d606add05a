//! Rows and queries: one file a room, one set of queries for both databases.
//!
//! What a person may not see is left out by the query itself: readers take a [`Reach`](crate::domain::access::Reach).

pub mod access;
pub mod access_requests;
pub mod announcements;
pub mod articles;
pub mod attachments;
pub mod attempts;
pub mod audiences;
pub mod audit;
mod by_id;
pub mod calendars;
pub mod callbacks;
pub mod cas;
pub mod cases;
pub mod clients;
pub mod devices;
pub mod digests;
pub mod drafts;
pub mod duty;
pub mod escalations;
pub mod expired;
pub mod feeds;
pub mod follows;
pub mod grants;
pub mod groups;
pub mod guide;
pub mod home;
pub mod idempotency;
pub mod identities;
pub mod imports;
pub mod lapses;
pub mod lines;
pub mod list_columns;
pub mod mail_outages;
mod many;
pub mod mentionable;
pub mod notice_preferences;
pub mod notices;
pub mod one_time_links;
pub mod organizations;
mod page;
pub mod pairings;
pub mod password_resets;
pub mod people;
pub mod promises;
pub mod radar;
pub mod reads;
pub mod recent_errors;
pub mod redactions;
pub mod reports;
pub mod requests;
pub mod roles;
pub mod rules;
pub mod saved_filters;
mod search;
pub mod second_factors;
pub mod seen_files;
pub mod sessions;
pub mod setup_links;
pub mod staff;
pub mod target_rules;
pub mod targets;
pub mod templates;
pub mod tokens;
pub mod tools;
pub mod tutorials;
pub mod words;
pub mod write_probes;

use diesel::prelude::*;

use crate::db::{Conn, Turns, kept, on_either};

/// A number that the installation counts (C1): sequential, never reused, taken in the transaction that uses it.
#[derive(Clone, Copy, Debug)]
pub enum Counter {
    /// Cases.
    Case,
    /// Escalations.
    Escalation,
}

impl Counter {
    const fn name(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Escalation => "escalation",
        }
    }

    /// Where those stand who take a number of it.
    const fn turns(self) -> &'static Turns {
        static CASES: Turns = Turns::untaken();
        static ESCALATIONS: Turns = Turns::untaken();
        match self {
            Self::Case => &CASES,
            Self::Escalation => &ESCALATIONS,
        }
    }

    /// Takes the next number.
    ///
    /// # Errors
    /// Database errors.
    pub fn next(self, conn: &mut Conn) -> QueryResult<i64> {
        use crate::db::schema::counters;
        self.turns().take(conn);
        on_either!(conn, |own| kept(
            counters::table.filter(counters::name.eq(self.name()))
        )
        .set(counters::value.eq(counters::value + 1))
        .returning(counters::value)
        .get_result(own))
    }

    /// The number that was taken last. Nobody else takes one until the transaction ends.
    ///
    /// # Errors
    /// Database errors.
    pub fn held(self, conn: &mut Conn) -> QueryResult<i64> {
        use crate::db::schema::counters;
        kept(counters::table.filter(counters::name.eq(self.name())))
            .set(counters::value.eq(counters::value))
            .returning(counters::value)
            .get_result(conn)
    }

    /// Makes sure that `number`, which an import brought along, is not given out again.
    ///
    /// # Errors
    /// Database errors.
    pub fn at_least(self, conn: &mut Conn, number: i64) -> QueryResult<()> {
        use crate::db::schema::counters;
        diesel::update(
            counters::table.filter(
                counters::name
                    .eq(self.name())
                    .and(counters::value.lt(number)),
            ),
        )
        .set(counters::value.eq(number))
        .execute(conn)
        .map(drop)
    }
}
