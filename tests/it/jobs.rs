//! The jobs, stepped without a server: what leaves the outbox and when, who is told, what lapses and what expires.

mod driver;
mod leases;
mod letters;
mod notices;
mod outages;
mod outbox;
mod steps;
