//! The portal: server-rendered pages that work without a script. One file a page family holds its view (what the
//! template may know) beside its handlers; forms are posted, answered by a redirect, and shown again as typed when
//! something is missing.

pub mod assets;
pub mod form;
pub mod render;
pub mod shell;
