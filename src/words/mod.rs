//! The catalogue of everything a person reads (F8).
