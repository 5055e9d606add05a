//! What is asked of a server alone to link events. The statement has a type of its own, by which a connection finds it prepared: it
//! follows nearly every request that writes.

use diesel::PgConnection;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Text};

use crate::db::aside;
use crate::domain::audit::Linked;

/// Gives events their places.
#[derive(Clone, Debug, QueryId)]
struct Placing {
    arrivals: Vec<i64>,
    places: Vec<i64>,
    previous: Vec<String>,
    hashes: Vec<String>,
}

impl RunQueryDsl<PgConnection> for Placing {}

impl QueryFragment<Pg> for Placing {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "UPDATE audit_events SET link = placed.link, previous_hash = placed.previous, hash = placed.hash FROM unnest(",
        );
        aside::<Array<BigInt>, _>(&mut out, &self.arrivals, "bigint[]")?;
        out.push_sql(", ");
        aside::<Array<BigInt>, _>(&mut out, &self.places, "bigint[]")?;
        out.push_sql(", ");
        aside::<Array<Text>, _>(&mut out, &self.previous, "text[]")?;
        out.push_sql(", ");
        aside::<Array<Text>, _>(&mut out, &self.hashes, "text[]")?;
        out.push_sql(
            ") AS placed (arrival, link, previous, hash) \
            WHERE audit_events.position = placed.arrival AND audit_events.link IS NULL",
        );
        Ok(())
    }
}

/// Gives events their places, all at once; gives how many had none and have one now.
pub(super) fn place(conn: &mut PgConnection, links: Vec<Linked>) -> QueryResult<usize> {
    let mut placing = Placing {
        arrivals: Vec::with_capacity(links.len()),
        places: Vec::with_capacity(links.len()),
        previous: Vec::with_capacity(links.len()),
        hashes: Vec::with_capacity(links.len()),
    };
    for link in links {
        placing.arrivals.push(link.arrival);
        placing.places.push(link.position);
        placing.previous.push(link.previous);
        placing.hashes.push(link.hash);
    }
    placing.execute(conn)
}
