//! The HTTP edge: the API and the portal.

pub mod address;
pub mod apart;
pub mod api;
pub mod asks;
pub mod audit;
pub mod body;
pub mod call;
pub mod client;
pub mod connections;
pub mod cookies;
pub mod desk;
pub mod download;
pub mod etag;
pub mod headers;
pub mod health;
pub mod idempotency;
pub mod known_devices;
pub mod live;
pub mod multipart;
pub mod needs;
pub mod openapi;
pub mod pagination;
pub mod pairing;
pub mod password;
pub mod places;
pub mod portal;
pub mod principal;
pub mod problem;
pub mod proof;
pub mod readiness;
pub mod reply;
pub mod route;
pub mod routes;
pub mod server;
pub mod sign_in;
pub mod throttle;
pub mod trace;

pub use server::{BindError, Server, Stopper};

use std::sync::LazyLock;

use crate::words::Words;

/// The catalogue for what has no reader yet whose language could be asked.
fn words() -> &'static Words {
    static WORDS: LazyLock<Words> = LazyLock::new(|| {
        Words::load().unwrap_or_else(|error| panic!("the embedded catalogue: {error}"))
    });
    &WORDS
}
