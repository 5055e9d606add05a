//! Casebell as people use it: every story runs through the real server, on SQLite and on PostgreSQL.

mod access;
mod access_requests;
mod account_pages;
mod accounts;
mod api;
mod audit;
mod bad_input;
mod cases;
mod choices;
mod eligibility;
mod equipment;
mod escalations;
mod feeds;
mod guards;
mod history;
mod imports;
mod letters;
mod lines;
mod live;
mod mail;
mod main_job;
mod matrix;
mod model;
mod outage;
mod pairing;
mod pairing_ends;
mod plans;
mod portal;
mod race;
mod revocation;
mod schema;
mod servicenow;
mod sign_in;
#[allow(dead_code)] // Not every story needs everything that the stories stand on.
mod support;
mod tenants;
