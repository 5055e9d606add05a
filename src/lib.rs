//! Casebell: a self-hosted support-case desk built around the escalation.
//!
//! The house has floors; a floor knows only those below it.
//!
//! | floor | what lives there |
//! | --- | --- |
//! | [`cli`] | the command line: starts the rest, and is an edge itself |
//! | [`app`] | the composition root: the server and the registry of jobs, put together |
//! | [`http`], [`worker`] | the edges: parse, authenticate, open the transaction, answer |
//! | [`workflow`] | one verb each: load, decide, persist, publish |
//! | [`input`] | what verbs take, declared once: read from JSON, queries and forms, with the published schema |
//! | [`store`], [`mail`] | rows and queries; notices rendered and sent |
//! | [`db`] | connections, read and write, SQL types, schema, migrations |
//! | [`words`], [`templates`] | the catalogue of everything a person reads; what all templates can do |
//! | [`config`], [`credentials`] | settings; passwords, tokens and signatures |
//! | [`clock`], [`telemetry`], [`private_files`] | the clock; logs and figures; files that only their owner reads |
//! | [`attachments`] | the bytes of files, kept once each; the scanner that looks at them first |
//! | [`blocking`] | threads for what waits or reckons |
//! | [`domain`] | the rules: pure, no database, no HTTP, no clock of its own |
//!
//! The same words name the rooms on every floor (`case`, `escalation`, `eligibility`, `access`, …), so that a
//! change is found by floor and word. `docs/ARCHITECTURE.md` goes through it, and says what changes where something is added.

pub mod app;
pub mod attachments;
pub mod blocking;
pub mod cli;
pub mod clock;
pub mod config;
pub mod credentials;
pub mod db;
pub mod domain;
pub mod http;
pub mod input;
pub mod mail;
pub mod private_files;
pub mod store;
pub mod telemetry;
pub mod templates;
pub mod words;
pub mod worker;
pub mod workflow;

#[cfg(test)]
mod testing;
