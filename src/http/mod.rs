//! The HTTP edge: the API and the portal.
