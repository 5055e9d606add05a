//! What paths name, and whether it exists for somebody.

use utoipa::PartialSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::db::Conn;
use crate::domain::access::Access;
use crate::domain::ids::TokenId;
use crate::http::call::Address;
use crate::http::problem::Problem;

/// What is read from its text, is described like this, and is visible on this condition.
macro_rules! addresses {
    ($( $type:ty, $says:literal, |$this:ident, $conn:ident, $access:ident| $visible:expr; )+) => {$(
        impl Address for $type {
            fn read(text: Option<&str>) -> Option<Self> {
                text?.parse().ok()
            }

            fn is_visible(&self, $conn: &mut Conn, $access: &Access) -> Result<bool, Problem> {
                let $this = self;
                $visible
            }

            fn parameter() -> Option<(&'static str, RefOr<Schema>)> {
                Some(($says, <$type as PartialSchema>::schema()))
            }
        }
    )+};
}

addresses! {
    // Only ever one's own, and needs no permission.
    TokenId, "Id of an API token.", |_this, _conn, _access| Ok(true);
}
