//! Casebell as people use it: every story runs through the real server, on SQLite and on PostgreSQL.

mod equipment;
mod guards;
mod schema;
mod support;
