//! Jobs that step.
