//! Which codes an operation's problems bear: what follows from what it asks, and what it alone refuses.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::{Method, StatusCode};

use crate::http::api_request::Requires;
use crate::http::problem::Code;
use crate::http::route::Route;

/// What any operation may be answered with, whatever it does.
const EVERYWHERE: &[Code] = &[
    Code::BadRequest,
    Code::MalformedHeader,
    Code::AddressTooLong,
    Code::HeadersTooLarge,
    Code::RequestTimeout,
    Code::TooManyAttempts,
    Code::MethodNotAllowed,
    Code::Internal,
    Code::Busy,
    Code::DatabaseUnavailable,
    Code::TooManyConnections,
];

/// Of a body.
const OF_A_BODY: &[Code] = &[
    Code::MalformedJson,
    Code::TooComplex,
    Code::TooLarge,
    Code::UnsupportedMediaType,
    Code::UnsupportedEncoding,
    Code::ValidationFailed,
];

/// Of whoever is signed in.
const OF_A_PERSON: &[Code] = &[
    Code::Unauthenticated,
    Code::MissingPermission,
    Code::NotThroughPairing,
    Code::OrganizationNotFound,
    Code::OrganizationAccessEnded,
    Code::AddressNotAllowed,
    Code::SecondFactorSetupRequired,
    Code::PasswordChangeRequired,
];

/// Where a password is shown.
const OF_A_PASSWORD: &[Code] = &[
    Code::InvalidCredentials,
    Code::SecondFactorRequired,
    Code::InvalidSecondFactor,
];

/// Of a link by mail.
const OF_A_ONE_TIME_LINK: &[Code] = &[
    Code::LinkUnknown,
    Code::LinkUsed,
    Code::LinkExpired,
    Code::LinkRevoked,
    Code::AccountDisabled,
    Code::AddressTaken,
];

/// Of a live stream.
const OF_A_STREAM: &[Code] = &[Code::TooManyStreams, Code::TooManyStreamsOfOne];

/// What some operations alone refuse: those whose path begins with the first and ends with the second.
const OF_SOME: &[(&str, &str, &[Code])] = &[
    ("/sessions", "/sessions", OF_A_PASSWORD),
    ("/sessions", "/proof", OF_A_PASSWORD),
    (
        "/me",
        "/password",
        &[Code::InvalidCredentials, Code::InvalidSecondFactor],
    ),
    (
        "/me",
        "/second-factor",
        &[Code::SecondFactorOn, Code::SecondFactorOff],
    ),
    (
        "/me",
        "/confirmation",
        &[
            Code::SecondFactorOn,
            Code::SecondFactorOff,
            Code::InvalidSecondFactor,
        ],
    ),
    ("/me", "/recovery-codes", &[Code::SecondFactorOff]),
    (
        "/tokens",
        "/tokens",
        &[Code::BeyondOwnRights, Code::MadeWithToken],
    ),
    ("/invitations", "", OF_A_ONE_TIME_LINK),
    ("/password-resets", "/redemption", OF_A_ONE_TIME_LINK),
    (
        "/cases",
        "/{case}",
        &[
            Code::CaseClosed,
            Code::UnlawfulMove,
            Code::PriorityByRequest,
            Code::PriorityByPhone,
        ],
    ),
    (
        "/cases",
        "/{case}/close",
        &[Code::CaseClosed, Code::CloseEscalationFirst],
    ),
    ("/cases", "/reopen", &[Code::CaseNotClosed]),
    ("/cases", "/feed", &[Code::CaseClosed]),
    (
        "/cases",
        "/attachments",
        &[
            Code::CaseClosed,
            Code::AttachmentLimitReached,
            Code::FileInfected,
            Code::ScannerUnavailable,
            Code::StorageUnavailable,
        ],
    ),
    (
        "/attachments",
        "/attachments",
        &[
            Code::AttachmentLimitReached,
            Code::FileInfected,
            Code::ScannerUnavailable,
            Code::StorageUnavailable,
        ],
    ),
    ("/attachments", "/{attachment}", &[Code::AlreadyAttached]),
    (
        "/attachments",
        "/content",
        &[Code::RangeNotSatisfiable, Code::StorageUnavailable],
    ),
    ("/cases", "/external-communications", &[Code::CaseClosed]),
    ("/cases", "/next-steps", &[Code::CaseClosed]),
    (
        "/cases",
        "/priority-requests",
        &[
            Code::CaseClosed,
            Code::AlreadyRequested,
            Code::PriorityByPhone,
            Code::PriorityNotHigher,
        ],
    ),
    (
        "/priority-requests",
        "/decision",
        &[Code::AlreadyDecided, Code::CaseClosed],
    ),
    (
        "/cases",
        "/rca",
        &[Code::CaseClosed, Code::AlreadyRequested],
    ),
    (
        "/cases",
        "/delivery",
        &[Code::CaseClosed, Code::RcaNotRequested, Code::RcaDelivered],
    ),
    ("/cases", "/eligibility", &[Code::BeforeOpening]),
    (
        "/cases",
        "/deadlines",
        &[Code::BeforeOpening, Code::NoBusinessDay],
    ),
    (
        "/cases",
        "/escalations",
        &[
            Code::ActiveEscalation,
            Code::NotEligible,
            Code::AcknowledgementRequired,
        ],
    ),
    ("/calendars", "/replay", &[Code::NoBusinessDay]),
    (
        "/escalations",
        "/claim",
        &[Code::AlreadyClaimed, Code::UnlawfulMove],
    ),
    ("/escalations", "/assign", &[Code::UnlawfulMove]),
    (
        "/escalations",
        "/accept",
        &[Code::NotEscalationOwner, Code::UnlawfulMove],
    ),
    (
        "/escalations",
        "/rank",
        &[Code::NotEscalationOwner, Code::UnlawfulMove],
    ),
    (
        "/escalations",
        "/decline",
        &[Code::NotEscalationOwner, Code::UnlawfulMove],
    ),
    ("/escalations", "/withdraw", &[Code::UnlawfulMove]),
    (
        "/escalations",
        "/close",
        &[Code::NotEscalationOwner, Code::UnlawfulMove],
    ),
    (
        "/escalations",
        "/rater",
        &[
            Code::NotEscalationOwner,
            Code::UnlawfulMove,
            Code::AlreadyRated,
            Code::RaterStillHere,
        ],
    ),
    (
        "/escalations",
        "/rating",
        &[Code::NotRater, Code::AlreadyRated, Code::UnlawfulMove],
    ),
    ("/escalations", "/feed", &[Code::EscalationEnded]),
    ("/escalations", "/next-steps", &[Code::EscalationEnded]),
    (
        "/escalations",
        "/callbacks",
        &[Code::EscalationEnded, Code::AlreadyRequested],
    ),
    (
        "/next-steps",
        "",
        &[Code::UnlawfulMove, Code::CaseClosed, Code::EscalationEnded],
    ),
    (
        "/callbacks",
        "/{callback}",
        &[
            Code::UnlawfulMove,
            Code::AlreadyTaken,
            Code::NotCallbackOwner,
            Code::EscalationEnded,
        ],
    ),
    ("/callbacks", "/export", &[Code::TooMuchToExport]),
    ("/articles", "/{article}", &[Code::UnlawfulMove]),
    ("/articles", "/publish", &[Code::UnlawfulMove]),
    ("/articles", "/archive", &[Code::UnlawfulMove]),
    ("/articles", "/helpful", &[Code::UnlawfulMove]),
    (
        "/feed-entries",
        "",
        &[Code::NotEditable, Code::EditWindowClosed],
    ),
    (
        "/feed-entries",
        "/{entry}",
        &[
            Code::CaseClosed,
            Code::UndoWindowClosed,
            Code::UndoTargetTouched,
            Code::UndoCaseChanged,
            Code::UndoEntryMoved,
        ],
    ),
    (
        "/me",
        "/{place}",
        &[
            Code::CaseClosed,
            Code::EscalationEnded,
            Code::RcaNotRequested,
            Code::RcaDelivered,
            Code::StaleVersion,
        ],
    ),
    (
        "/access-requests",
        "/decision",
        &[
            Code::AlreadyDecided,
            Code::BeyondOwnRights,
            Code::AccountDisabled,
        ],
    ),
    (
        "/users",
        "/users",
        &[Code::BeyondOwnRights, Code::AlreadyExists],
    ),
    (
        "/users",
        "/{user}",
        &[
            Code::BeyondOwnRights,
            Code::LastAdministrator,
            Code::ClonedUser,
        ],
    ),
    (
        "/users",
        "/invitation",
        &[
            Code::BeyondOwnRights,
            Code::AlreadyJoined,
            Code::ClonedUser,
            Code::AccountDisabled,
        ],
    ),
    ("/users", "/sessions", &[Code::BeyondOwnRights]),
    (
        "/users",
        "/second-factor",
        &[Code::BeyondOwnRights, Code::SecondFactorOff],
    ),
    (
        "/roles",
        "",
        &[Code::BeyondOwnRights, Code::RolePredefined, Code::RoleHeld],
    ),
    (
        "/access-groups",
        "",
        &[
            Code::BeyondOwnRights,
            Code::GroupPaired,
            Code::InUse,
            Code::LastAdministrator,
            Code::TooManyPeople,
        ],
    ),
    ("/lines-of-business", "", &[Code::BeyondOwnRights]),
    ("/developer", "/provisioning", &[Code::RecordsRefused]),
    ("/notices", "/resend", &[Code::NoticeNotEnded]),
    (
        "/pairings",
        "",
        &[
            Code::PairingNotAccepted,
            Code::PairingAnswered,
            Code::PairingEnded,
            Code::TooManyMembers,
            Code::TooManyPeople,
            Code::OtherSideDecides,
        ],
    ),
    (
        "/pairing-members",
        "",
        &[
            Code::PairingNotAccepted,
            Code::PairingEnded,
            Code::OtherSideDecides,
            Code::RoleGoesWithOthers,
            Code::BeyondOwnRights,
            Code::TooManyClones,
            Code::NotTrusted,
        ],
    ),
    (
        "/pairing-role-requests",
        "",
        &[
            Code::PairingNotAccepted,
            Code::PairingEnded,
            Code::OtherSideDecides,
        ],
    ),
    (
        "/pairing-roles",
        "",
        &[Code::PairingEnded, Code::RoleGoesWithOthers],
    ),
    ("/clones", "", &[Code::PairingEnded]),
    (
        "/pairing-links",
        "",
        &[
            Code::LinkMalformed,
            Code::LinkUnknown,
            Code::LinkForeign,
            Code::LinkOwn,
            Code::LinkOtherRegion,
            Code::LinkProvider,
            Code::LinkWithdrawn,
            Code::LinkUsed,
            Code::LinkExpired,
        ],
    ),
    (
        "/tutorials",
        "/registrations",
        &[
            Code::TutorialCanceled,
            Code::TutorialBegun,
            Code::RegistrationOver,
        ],
    ),
    (
        "/tutorials",
        "/current",
        &[Code::TutorialCanceled, Code::TutorialBegun],
    ),
    ("/tutorials", "/{tutorial}", &[Code::TutorialCanceled]),
    (
        "/tutorials",
        "/cancel",
        &[Code::TutorialCanceled, Code::TutorialBegun],
    ),
    ("/live", "", OF_A_STREAM),
    ("/cases", "/live", OF_A_STREAM),
];

/// The codes with which `route` is answered, by status; each once, in the order of their names.
pub(super) fn by_status(route: &Route) -> BTreeMap<StatusCode, BTreeSet<&'static str>> {
    let mut by_status: BTreeMap<StatusCode, BTreeSet<&'static str>> = BTreeMap::new();
    for code in all(route) {
        by_status
            .entry(code.status())
            .or_default()
            .insert(code.as_str());
    }
    by_status
}

/// Those that any operation may be answered with.
pub(super) fn everywhere() -> impl Iterator<Item = &'static str> {
    EVERYWHERE.iter().map(|code| code.as_str())
}

fn all(route: &Route) -> Vec<Code> {
    let (shape, mut codes) = (&route.shape, Vec::new());
    let changes = route.method != Method::GET;
    if route.needs != Requires::Anyone {
        codes.extend(OF_A_PERSON);
        if changes {
            codes.push(Code::Csrf);
        }
    }
    match route.needs {
        Requires::Owner | Requires::OwnerAtHome => codes.push(Code::ScopedToken),
        Requires::OwnPassword => codes.extend([Code::ScopedToken, Code::SessionRequired]),
        _ => {}
    }
    if route.asks.proof {
        codes.push(Code::ProofRequired);
    }
    if !shape.parameters.is_empty() {
        codes.push(Code::NotFound);
    }
    if changes && !shape.guarded {
        codes.push(Code::IfMatchNotSupported);
    }
    if shape.guarded {
        codes.push(Code::StaleVersion);
    }
    if shape.body.is_some() {
        codes.extend(OF_A_BODY);
    }
    if !shape.query.is_empty() {
        codes.extend([Code::ValidationFailed, Code::TooComplex]);
    }
    if route.method == Method::POST {
        codes.push(Code::IdempotencyKeyReused);
    }
    let fits = |(begins, ends, _): &&(&str, &str, &[Code])| {
        let rest = route.path.strip_prefix(begins);
        let is_of_it = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        is_of_it && route.path.ends_with(ends)
    };
    let is_asked = |code: &&Code| changes || code.status() != StatusCode::CONFLICT;
    for (_, _, own) in OF_SOME.iter().filter(fits) {
        codes.extend(own.iter().filter(is_asked));
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::routes::routes as api_routes;

    /// Whoever writes a program finds each code at an operation, or where it is said of all.
    #[test]
    fn every_code_is_said_of_an_operation() {
        let routes = api_routes();
        let mut said: Vec<&str> = routes.iter().flat_map(all).map(Code::as_str).collect();
        said.extend(everywhere());
        let unsaid: Vec<&&str> = (Code::NAMES.iter())
            .filter(|name| !said.contains(*name))
            .collect();
        assert!(unsaid.is_empty(), "no operation says {unsaid:?}");
        for (begins, ends, _) in OF_SOME {
            let found = routes
                .iter()
                .any(|route| route.path.starts_with(begins) && route.path.ends_with(ends));
            assert!(found, "no operation is {begins}…{ends}");
        }
    }
}
