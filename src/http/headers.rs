//! What every answer tells the browser not to do.

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::DefaultHeaders;

use super::state::AppState;
use crate::config::PublicUrl;

/// Everything comes from here, nothing inline runs, nobody frames the pages, no form leaves.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Two years, for the hosts below this one too: none of them can be made to speak to its cookies in the clear.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=63072000; includeSubDomains";
/// What somebody may read is theirs: no browser shows it after they have signed out, and no cache keeps it. An answer for
/// everybody, such as an asset, says so itself.
const CACHE_CONTROL: &str = "no-store";
/// What a browser forgets when somebody signs out. Not its cookies: the colours stay.
const FORGOTTEN: &str = "\"cache\", \"storage\"";

/// The headers of every answer.
pub fn security(desk: &AppState) -> DefaultHeaders {
    let headers = DefaultHeaders::new()
        .add((header::CACHE_CONTROL, CACHE_CONTROL))
        .add((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::REFERRER_POLICY, "same-origin"))
        .add((header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"))
        .add((header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"));
    if desk.public_url.is_https() {
        headers.add((header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT_SECURITY))
    } else {
        headers
    }
}

/// Makes a browser forget what it has kept of this house, when somebody signs out. Browsers take it over TLS only.
pub fn forget(url: &PublicUrl) -> Option<(HeaderName, HeaderValue)> {
    let header = || (header::CLEAR_SITE_DATA, HeaderValue::from_static(FORGOTTEN));
    url.is_https().then(header)
}
