//! Typed settings from file and environment.
