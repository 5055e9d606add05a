//! Notices rendered and sent.
