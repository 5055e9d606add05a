//! The HTTP edge: the API and the portal.

pub mod portal;
