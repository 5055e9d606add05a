//! Whether articles were helpful: one vote a person.

use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;

use crate::db::Conn;
use crate::db::schema::{article_votes, people};
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::ids::{ArticleId, PersonId};
use crate::store::people::Named;
use crate::store::people::display_name;

/// What somebody found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    /// Whether it was helpful.
    pub helpful: bool,
    /// What they said with it.
    pub comment: Option<String>,
}

/// How many found it so, and how many did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// It was helpful.
    pub yes: i64,
    /// It was not.
    pub no: i64,
}

/// What somebody said with a vote.
#[derive(Clone, Debug)]
pub struct Comment {
    /// Whether it was helpful.
    pub helpful: bool,
    /// What they said.
    pub text: String,
    /// Who.
    pub by: Named,
    /// When.
    pub at: Instant,
}

/// Somebody's vote.
///
/// # Errors
/// Database errors.
pub fn vote_of(conn: &mut Conn, article: ArticleId, person: PersonId) -> QueryResult<Option<Vote>> {
    let found: Option<(bool, Option<String>)> = article_votes::table
        .filter(article_votes::article_id.eq(article))
        .filter(article_votes::person_id.eq(person))
        .select((article_votes::helpful, article_votes::comment))
        .get_result(conn)
        .optional()?;
    Ok(found.map(|(helpful, comment)| Vote { helpful, comment }))
}

/// Keeps what somebody found, in the place of what they found before.
///
/// # Errors
/// Database errors.
pub fn vote(
    conn: &mut Conn,
    article: ArticleId,
    person: PersonId,
    vote: &Vote,
    now: Instant,
) -> QueryResult<()> {
    if change(conn, article, person, vote, now)? {
        return Ok(());
    }
    let added = conn.transaction(|conn| {
        diesel::insert_into(article_votes::table)
            .values((
                article_votes::article_id.eq(article),
                article_votes::person_id.eq(person),
                article_votes::helpful.eq(vote.helpful),
                article_votes::comment.eq(vote.comment.as_deref()),
                article_votes::voted_at.eq(At(now)),
            ))
            .execute(conn)
    });
    match added {
        // They voted twice at once, and the other was quicker.
        Err(DatabaseError(UniqueViolation, _)) => {
            change(conn, article, person, vote, now).map(drop)
        }
        added => added.map(drop),
    }
}

/// Whether there was something to change.
fn change(
    conn: &mut Conn,
    article: ArticleId,
    person: PersonId,
    vote: &Vote,
    now: Instant,
) -> QueryResult<bool> {
    let theirs = article_votes::article_id
        .eq(article)
        .and(article_votes::person_id.eq(person));
    let changed = diesel::update(article_votes::table.filter(theirs))
        .set((
            article_votes::helpful.eq(vote.helpful),
            article_votes::comment.eq(vote.comment.as_deref()),
            article_votes::voted_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// How many people found an article helpful, and how many did not.
///
/// # Errors
/// Database errors.
pub fn counts(conn: &mut Conn, article: ArticleId) -> QueryResult<Counts> {
    let of = |conn: &mut Conn, helpful: bool| -> QueryResult<i64> {
        article_votes::table
            .filter(article_votes::article_id.eq(article))
            .filter(article_votes::helpful.eq(helpful))
            .count()
            .get_result(conn)
    };
    Ok(Counts {
        yes: of(conn, true)?,
        no: of(conn, false)?,
    })
}

/// What was said with the votes on an article, the newest first, `limit` at the most.
///
/// # Errors
/// Database errors.
pub fn comments(conn: &mut Conn, article: ArticleId, limit: i64) -> QueryResult<Vec<Comment>> {
    type Row = (bool, Option<String>, PersonId, At, (String, String));
    let rows: Vec<Row> = article_votes::table
        .inner_join(people::table.on(people::id.eq(article_votes::person_id)))
        .filter(article_votes::article_id.eq(article))
        .filter(article_votes::comment.is_not_null())
        .order((
            article_votes::voted_at.desc(),
            article_votes::person_id.desc(),
        ))
        .limit(limit)
        .select((
            article_votes::helpful,
            article_votes::comment,
            article_votes::person_id,
            article_votes::voted_at,
            (people::first_name, people::last_name),
        ))
        .load(conn)?;
    let comment = |(helpful, text, id, at, (first, last)): Row| Comment {
        helpful,
        text: text.unwrap_or_default(),
        by: Named {
            id,
            name: display_name(&first, &last),
        },
        at: at.into(),
    };
    Ok(rows.into_iter().map(comment).collect())
}
