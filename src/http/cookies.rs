//! The cookies of the house, all made in one way: read by no script, sent by no other site's forms, and over TLS with the
//! prefix that makes browsers insist on `Secure`, on `Path=/` and on no `Domain`, so that no neighbouring host can plant
//! one.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use chrono::TimeDelta;

use crate::config::PublicUrl;

/// What a cookie carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    /// A session's secret.
    Session,
    /// Half a sign-in, to the page that asks for the second factor.
    PendingSecondFactor,
    /// What the last action did, to the page that tells it.
    Flash,
    /// The colours that were chosen.
    Theme,
    /// How times are told.
    Times,
    /// To whom the browser is known.
    Devices,
}

impl Carries {
    /// The cookie's name. Browsers refuse the prefix over plain HTTP, where an installation is tried out.
    pub fn name(self, url: &PublicUrl) -> &'static str {
        match (self, url.is_https()) {
            (Self::Session, true) => "__Host-casebell",
            (Self::Session, false) => "casebell_session",
            (Self::PendingSecondFactor, true) => "__Host-casebell_half",
            (Self::PendingSecondFactor, false) => "casebell_half",
            (Self::Flash, true) => "__Host-casebell_flash",
            (Self::Flash, false) => "casebell_flash",
            (Self::Theme, true) => "__Host-casebell_theme",
            (Self::Theme, false) => "casebell_theme",
            (Self::Times, true) => "__Host-casebell_times",
            (Self::Times, false) => "casebell_times",
            (Self::Devices, true) => "__Host-casebell_devices",
            (Self::Devices, false) => "casebell_devices",
        }
    }

    /// The cookie with this value, kept for so long.
    pub fn cookie(
        self,
        url: &PublicUrl,
        value: impl Into<String>,
        lifetime: TimeDelta,
    ) -> Cookie<'static> {
        Cookie::build(self.name(url), value.into())
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(url.is_https())
            .max_age(Duration::seconds(lifetime.num_seconds()))
            .finish()
    }

    /// The cookie that takes it away.
    pub fn removal(self, url: &PublicUrl) -> Cookie<'static> {
        self.cookie(url, "", TimeDelta::zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    fn url(text: &str) -> PublicUrl {
        let set = [("CASEBELL_PUBLIC_URL".into(), text.into())];
        let settings = Settings::read(None, set).expect("settings");
        settings.public_url.expect("a URL")
    }

    #[test]
    fn over_tls_no_neighbour_can_plant_a_cookie() {
        for carries in [
            Carries::Session,
            Carries::PendingSecondFactor,
            Carries::Flash,
            Carries::Theme,
            Carries::Times,
            Carries::Devices,
        ] {
            let safe = carries.cookie(&url("https://desk.test"), "x", TimeDelta::days(1));
            let said = safe.to_string();
            assert!(said.starts_with("__Host-casebell"), "{said}");
            for part in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
                assert!(said.split("; ").any(|said| said == part), "{said}");
            }
            assert!(!said.contains("Domain"), "{said}");
            let plain = carries.removal(&url("http://127.0.0.1:8080")).to_string();
            assert!(plain.starts_with("casebell_"), "{plain}");
            assert!(!plain.contains("Secure"), "{plain}");
            assert!(plain.contains("Max-Age=0"), "{plain}");
        }
    }
}
