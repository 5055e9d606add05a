//! What every answer tells the browser not to do.

use actix_web::http::header;
use actix_web::middleware::DefaultHeaders;

use super::desk::Desk;

/// Everything comes from here, nothing inline runs, nobody frames the pages, no form leaves.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Two years.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=63072000";

/// The headers of every answer.
pub fn security(desk: &Desk) -> DefaultHeaders {
    let headers = DefaultHeaders::new()
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
