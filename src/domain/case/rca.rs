//! Root cause analyses: requested, delivered (C6).

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Status;
use crate::domain::Instant;

/// A requested root cause analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rca {
    /// When it was requested: the window of `E6` starts here.
    pub requested_at: Instant,
    /// When it was delivered: the clock stops here.
    pub delivered_at: Option<Instant>,
}

/// Why an RCA cannot be requested or delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RcaRefusal {
    /// The case is closed and takes no entries (C3).
    #[error("the case is closed")]
    CaseClosed,
    /// One is requested and not yet delivered: its clock goes on.
    #[error("a root cause analysis is already requested")]
    AlreadyRequested,
    /// None is requested.
    #[error("no root cause analysis is requested")]
    NotRequested,
    /// It was delivered.
    #[error("the root cause analysis was already delivered")]
    AlreadyDelivered,
}

/// Requests an RCA at `now`. After one was delivered another may be requested: what came back may need another cause.
///
/// # Errors
/// [`RcaRefusal::CaseClosed`] or [`RcaRefusal::AlreadyRequested`].
pub const fn request_rca(
    status: Status,
    rca: Option<Rca>,
    now: Instant,
) -> Result<Rca, RcaRefusal> {
    match may_request_rca(status, rca) {
        Ok(()) => Ok(Rca {
            requested_at: now,
            delivered_at: None,
        }),
        Err(refusal) => Err(refusal),
    }
}

/// Whether one may be requested.
///
/// # Errors
/// As [`request_rca`].
pub const fn may_request_rca(status: Status, rca: Option<Rca>) -> Result<(), RcaRefusal> {
    match (status, rca) {
        (Status::Closed, _) => Err(RcaRefusal::CaseClosed),
        (
            _,
            Some(Rca {
                delivered_at: None, ..
            }),
        ) => Err(RcaRefusal::AlreadyRequested),
        _ => Ok(()),
    }
}

/// Delivers the requested RCA at `now`.
///
/// # Errors
/// [`RcaRefusal::CaseClosed`], [`RcaRefusal::NotRequested`] or [`RcaRefusal::AlreadyDelivered`].
pub const fn deliver_rca(
    status: Status,
    rca: Option<Rca>,
    now: Instant,
) -> Result<Rca, RcaRefusal> {
    match may_deliver_rca(status, rca) {
        Ok(rca) => Ok(Rca {
            delivered_at: Some(now),
            ..rca
        }),
        Err(refusal) => Err(refusal),
    }
}

/// The one that may be delivered.
///
/// # Errors
/// As [`deliver_rca`].
pub const fn may_deliver_rca(status: Status, rca: Option<Rca>) -> Result<Rca, RcaRefusal> {
    match (status, rca) {
        (Status::Closed, _) => Err(RcaRefusal::CaseClosed),
        (_, None) => Err(RcaRefusal::NotRequested),
        (
            _,
            Some(Rca {
                delivered_at: Some(_),
                ..
            }),
        ) => Err(RcaRefusal::AlreadyDelivered),
        (_, Some(rca)) => Ok(rca),
    }
}
