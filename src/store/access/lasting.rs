//! What is remembered of what people hold, for as long as no role runs out.

use diesel::dsl::min;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::role_grants;
use crate::db::sql_types::At;
use crate::domain::Instant;

/// What was read of what people hold, with how long the rows say so by themselves: until the first role of anybody runs out.
#[derive(Clone, Debug)]
pub(in crate::store) struct Lasting<T> {
    /// What was read.
    pub(in crate::store) read: T,
    span: Span,
}

/// How long what is read now holds by itself.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Span {
    from: Instant,
    until: Option<Instant>,
}

impl Span {
    /// That of what is read at `now`.
    ///
    /// # Errors
    /// Database errors.
    pub(in crate::store) fn from_now(conn: &mut Conn, now: Instant) -> QueryResult<Self> {
        let until: Option<At> = role_grants::table
            .filter(role_grants::expires_at.gt(At(now)))
            .select(min(role_grants::expires_at))
            .get_result(conn)?;
        Ok(Self {
            from: now,
            until: until.map(|until| until.0),
        })
    }

    /// What was read at its beginning.
    pub(in crate::store) const fn of<T>(self, read: T) -> Lasting<T> {
        Lasting { read, span: self }
    }
}

impl<T> Lasting<T> {
    /// Whether it holds at `now`.
    pub(in crate::store) fn holds(&self, now: Instant) -> bool {
        let Span { from, until } = self.span;
        from <= now && until.is_none_or(|until| now < until)
    }
}
