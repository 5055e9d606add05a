//! Requests for read-only access: where they go, and how they are decided (A6).

use thiserror::Error;

use super::Instant;
use super::closed_enum;
use super::ids::OrganizationId;
use super::organization::OrganizationKind;
use super::text::EmailAddress;

closed_enum! {
    /// Where a request for read-only access stands.
    pub enum AccessRequestState {
        /// Nobody has decided it.
        Pending = "pending",
        /// The person may read, for good or until a date.
        Granted = "granted",
        /// Refused, with a reason.
        Refused = "refused",
    }
}

/// Why a request is not decided like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AccessRequestRefusal {
    /// It is decided.
    #[error("the request is already {state}")]
    AlreadyDecided {
        /// How.
        state: AccessRequestState,
    },
    /// Whoever is refused is told why.
    #[error("a refusal needs a reason")]
    ReasonMissing,
    /// Access ends later than it begins.
    #[error("access cannot end in the past")]
    UntilNotInTheFuture,
    /// What is refused has no end.
    #[error("a refusal has no end")]
    UntilWithRefusal,
}

/// Grants or refuses a request; `noted` says whether words are given, without which none is refused.
///
/// # Errors
/// See [`AccessRequestRefusal`].
pub fn decide(
    state: AccessRequestState,
    granted: bool,
    noted: bool,
    until: Option<Instant>,
    now: Instant,
) -> Result<AccessRequestState, AccessRequestRefusal> {
    match (state, granted) {
        (AccessRequestState::Pending, true) if until.is_some_and(|until| until <= now) => {
            Err(AccessRequestRefusal::UntilNotInTheFuture)
        }
        (AccessRequestState::Pending, true) => Ok(AccessRequestState::Granted),
        (AccessRequestState::Pending, false) if !noted => Err(AccessRequestRefusal::ReasonMissing),
        (AccessRequestState::Pending, false) if until.is_some() => {
            Err(AccessRequestRefusal::UntilWithRefusal)
        }
        (AccessRequestState::Pending, false) => Ok(AccessRequestState::Refused),
        (state, _) => Err(AccessRequestRefusal::AlreadyDecided { state }),
    }
}

/// Everybody may have an address there, so that it says nothing about where somebody works.
const PUBLIC_DOMAINS: &[&str] = &[
    "126.com",
    "163.com",
    "aol.com",
    "bluewin.ch",
    "btinternet.com",
    "comcast.net",
    "fastmail.com",
    "free.fr",
    "freenet.de",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hey.com",
    "hotmail.com",
    "hotmail.co.uk",
    "hotmail.de",
    "hotmail.fr",
    "icloud.com",
    "laposte.net",
    "libero.it",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ru",
    "mailbox.org",
    "me.com",
    "msn.com",
    "naver.com",
    "orange.fr",
    "outlook.com",
    "outlook.de",
    "outlook.fr",
    "pm.me",
    "posteo.de",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "rediffmail.com",
    "t-online.de",
    "tuta.com",
    "tutanota.com",
    "verizon.net",
    "wanadoo.fr",
    "web.de",
    "yahoo.co.jp",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.de",
    "yahoo.fr",
    "yandex.com",
    "yandex.ru",
    "zoho.com",
];

/// The domain of an address, if it can say where somebody works.
pub fn work_domain(email: &EmailAddress) -> Option<&str> {
    let (_, domain) = email.as_str().rsplit_once('@')?;
    // What stands in no name of a host would be a pattern to the database.
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    (domain.chars().all(is_name) && !PUBLIC_DOMAINS.contains(&domain)).then_some(domain)
}

/// An organization that a request may be meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// Its id.
    pub id: OrganizationId,
    /// What it is to the installation.
    pub kind: OrganizationKind,
}

/// The organization whose deciders are asked: the one that was typed, or else the only one whose people have
/// addresses of the same domain. The provider is no customer's company; nobody else is guessed at.
pub fn addressee(typed: &[Suspect], of_domain: &[Suspect]) -> Option<OrganizationId> {
    let only = |suspects: &[Suspect]| match suspects {
        [only] if only.kind != OrganizationKind::Provider => Some(only.id),
        _ => None,
    };
    match typed {
        [] => only(of_domain),
        typed => only(typed),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_request_is_decided_once_with_what_the_decision_needs() {
        use AccessRequestRefusal as Refusal;
        use AccessRequestState::{Granted, Pending, Refused};
        let now = Instant::UNIX_EPOCH;
        let later = Some(now + TimeDelta::days(1));
        assert_eq!(decide(Pending, true, false, None, now), Ok(Granted));
        assert_eq!(decide(Pending, true, false, later, now), Ok(Granted));
        assert_eq!(
            decide(Pending, true, true, Some(now), now),
            Err(Refusal::UntilNotInTheFuture)
        );
        assert_eq!(decide(Pending, false, true, None, now), Ok(Refused));
        assert_eq!(
            decide(Pending, false, false, None, now),
            Err(Refusal::ReasonMissing)
        );
        assert_eq!(
            decide(Pending, false, true, later, now),
            Err(Refusal::UntilWithRefusal)
        );
        for state in [Granted, Refused] {
            for granted in [true, false] {
                assert_eq!(
                    decide(state, granted, true, None, now),
                    Err(Refusal::AlreadyDecided { state })
                );
            }
        }
    }

    #[test]
    fn what_was_typed_comes_first_and_nobody_is_guessed_at() {
        let suspect = |kind| Suspect {
            id: OrganizationId::new(Instant::UNIX_EPOCH),
            kind,
        };
        let (acme, globex) = (
            suspect(OrganizationKind::Customer),
            suspect(OrganizationKind::Partner),
        );
        let provider = suspect(OrganizationKind::Provider);
        assert_eq!(addressee(&[acme], &[globex]), Some(acme.id));
        assert_eq!(addressee(&[], &[globex]), Some(globex.id));
        assert_eq!(
            addressee(&[acme, globex], &[globex]),
            None,
            "two of one name"
        );
        assert_eq!(addressee(&[], &[acme, globex]), None, "a domain of two");
        assert_eq!(addressee(&[provider], &[acme]), None);
        assert_eq!(addressee(&[], &[provider]), None);
        assert_eq!(addressee(&[], &[]), None);
    }

    #[test]
    fn a_public_domain_says_nothing() {
        let domain = |address: &str| {
            let email = EmailAddress::parse(address).unwrap();
            work_domain(&email).map(str::to_owned)
        };
        assert_eq!(domain("vera@acme.example").as_deref(), Some("acme.example"));
        assert_eq!(domain("vera@gmail.com"), None);
    }
}
