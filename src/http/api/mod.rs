//! JSON: one file a resource, request and response types beside the handler.

mod addresses;

pub mod document;
pub mod sessions;
pub mod tokens;
