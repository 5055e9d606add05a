//! The one table of what can be refused, and with which HTTP status.

use actix_web::http::StatusCode;

macro_rules! codes {
    ($( $(#[doc = $doc:expr])+ $name:ident = $code:literal, $status:ident; )+) => {
        /// A stable reason for an answer that is not a success. Its title and detail are the messages `problem-…` and
        /// `problem-detail-…` of the catalogue.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $( $(#[doc = $doc])+ $name, )+
        }

        impl Code {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable texts of all of them.
            pub const NAMES: &'static [&'static str] = &[$($code),+];

            /// The stable text that programs compare.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The HTTP status of the answer.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }
        }
    };
}

codes! {
    /// The body is no JSON.
    MalformedJson = "malformed_json", BAD_REQUEST;
    /// The body has more values, or nests deeper, than any request means; or the query has too many parameters.
    TooComplex = "too_complex", BAD_REQUEST;
    /// The route does not guard what it changes, so that it cannot keep what `If-Match` asks for (section 11).
    IfMatchNotSupported = "if_match_not_supported", BAD_REQUEST;
    /// A header does not say what such a header says.
    MalformedHeader = "malformed_header", BAD_REQUEST;
    /// The request cannot be read at all.
    BadRequest = "bad_request", BAD_REQUEST;
    /// Nobody is signed in, or no longer.
    Unauthenticated = "unauthenticated", UNAUTHORIZED;
    /// E-mail address and password do not belong together; says no more than that (A7).
    InvalidCredentials = "invalid_credentials", UNAUTHORIZED;
    /// The password is right; a code of the second factor is to be shown with it.
    SecondFactorRequired = "second_factor_required", UNAUTHORIZED;
    /// The password is right; the code of the second factor is not, or was used before.
    InvalidSecondFactor = "invalid_second_factor", UNAUTHORIZED;
    /// What is asked for is in sight, but the person may not do it (A5); `permission` names what is missing.
    MissingPermission = "missing_permission", FORBIDDEN;
    /// It would give, open up or take over more than the person holds and may grant; `permissions` names what is beyond
    /// them, `permission` the first of it.
    BeyondOwnRights = "beyond_own_rights", FORBIDDEN;
    /// A token that allows only a part of what its owner may do changes nothing about their account: it could make itself
    /// more, or keep them from being told.
    ScopedToken = "scoped_token", FORBIDDEN;
    /// A token that was made with another makes none.
    MadeWithToken = "made_with_token", FORBIDDEN;
    /// An API token does not do this: it is for whoever can show their password.
    SessionRequired = "session_required", FORBIDDEN;
    /// The password is to be shown once more, and a code of the second factor if one is asked for: it was last shown too
    /// long ago for what is changed here.
    ProofRequired = "proof_required", FORBIDDEN;
    /// A role of the person's asks for a second factor: until they have set one up, they do nothing else.
    SecondFactorSetupRequired = "second_factor_setup_required", FORBIDDEN;
    /// The session was opened with a password that an administrator gave: the person chooses their own first.
    PasswordChangeRequired = "password_change_required", FORBIDDEN;
    /// An organization lets its people, and those who are paired into it, work from other networks than where the request
    /// comes from (A7).
    AddressNotAllowed = "address_not_allowed", FORBIDDEN;
    /// The address of whoever follows a link belongs to another account already.
    AddressTaken = "address_taken", CONFLICT;
    /// A change made by cookie came without the session's token.
    Csrf = "csrf", FORBIDDEN;
    /// The entry is somebody else's, a mark, or redacted (F4).
    NotEditable = "not_editable", FORBIDDEN;
    /// The five minutes in which an entry is corrected are over (F4).
    EditWindowClosed = "edit_window_closed", CONFLICT;
    /// The time in which an entry is taken back is over, or none is given for it; or a mail of it is on its way (F4).
    UndoWindowClosed = "undo_window_closed", CONFLICT;
    /// The entry met a target of the escalation or set its clock going, and something else has happened to that since (M8).
    UndoTargetTouched = "undo_target_touched", CONFLICT;
    /// The case got its status with the entry, and something has happened on it since (C2).
    UndoCaseChanged = "undo_case_changed", CONFLICT;
    /// Somebody has moved the entry to the other feed since (F3).
    UndoEntryMoved = "undo_entry_moved", CONFLICT;
    /// Only the owner of an escalation, or a supervisor, decides it (M4).
    NotEscalationOwner = "not_escalation_owner", FORBIDDEN;
    /// Somebody else is asked to rate an escalation (M11).
    NotRater = "not_rater", FORBIDDEN;
    /// Whoever is asked for the rating can still give it (M11).
    RaterStillHere = "rater_still_here", CONFLICT;
    /// Only whoever makes a call, or a supervisor, says what became of it (M12).
    NotCallbackOwner = "not_callback_owner", FORBIDDEN;
    /// A contact asks for a priority instead of setting it (C5).
    PriorityByRequest = "priority_by_request", FORBIDDEN;
    /// There is nothing at this address for this person.
    NotFound = "not_found", NOT_FOUND;
    /// The acting organization does not exist for this person.
    OrganizationNotFound = "organization_not_found", NOT_FOUND;
    /// The session had switched into a paired organization, and access there has ended.
    OrganizationAccessEnded = "organization_access_ended", FORBIDDEN;
    /// The text is no link of a pairing (P2).
    LinkMalformed = "link_malformed", UNPROCESSABLE_ENTITY;
    /// There is no such link, or a newer one took its place (P2).
    LinkUnknown = "link_unknown", NOT_FOUND;
    /// The link is for another organization (P2).
    LinkForeign = "link_foreign", FORBIDDEN;
    /// The link is the organization's own (P4).
    LinkOwn = "link_own", CONFLICT;
    /// The two organizations are in different regions (P4).
    LinkOtherRegion = "link_other_region", CONFLICT;
    /// The provider trusts nobody with its own desk (F2).
    LinkProvider = "link_provider", CONFLICT;
    /// The request behind the link was taken back (P2).
    LinkWithdrawn = "link_withdrawn", GONE;
    /// The link was used: of a pairing (P2), an invitation or a reset.
    LinkUsed = "link_used", CONFLICT;
    /// The link is too old: of a pairing (P2), an invitation or a reset.
    LinkExpired = "link_expired", GONE;
    /// Nobody has accepted the pairing yet.
    PairingNotAccepted = "pairing_not_accepted", CONFLICT;
    /// The request has its answer.
    PairingAnswered = "pairing_answered", CONFLICT;
    /// The pairing has ended.
    PairingEnded = "pairing_ended", CONFLICT;
    /// A pairing has no room for so many people and groups (P4); `max` says how many it has.
    TooManyMembers = "too_many_members", CONFLICT;
    /// So many people do not reach one organization from another (P4); `max` says how many do.
    TooManyPeople = "too_many_people", CONFLICT;
    /// A pairing has no room for another cloned user (P8); `max` says how many it has.
    TooManyClones = "too_many_clones", CONFLICT;
    /// A cloned user is of somebody who was given a role, and still is trusted (P8).
    NotTrusted = "not_trusted", CONFLICT;
    /// The other organization of the pairing decides on it (P3, P5).
    OtherSideDecides = "other_side_decides", FORBIDDEN;
    /// Whoever is in an organization by a pairing passes no access on.
    NotThroughPairing = "not_through_pairing", FORBIDDEN;
    /// The role comes and goes with the others (P13).
    RoleGoesWithOthers = "role_goes_with_others", CONFLICT;
    /// A later one-time link took its place, or it was called back.
    LinkRevoked = "link_revoked", GONE;
    /// The address exists, the method does not; `Allow` lists those that do.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED;
    /// An escalation is already active on the case (E3).
    ActiveEscalation = "active_escalation", CONFLICT;
    /// It is more than a file holds; `max` says how many rows that is.
    TooMuchToExport = "too_much_to_export", UNPROCESSABLE_ENTITY;
    /// Somebody else claimed it first.
    AlreadyClaimed = "already_claimed", CONFLICT;
    /// Somebody else makes the call (M12); `owner` says who.
    AlreadyTaken = "already_taken", CONFLICT;
    /// It was rated already.
    AlreadyRated = "already_rated", CONFLICT;
    /// The state does not allow the move; `lawful_moves` lists those it does (C2, M2).
    UnlawfulMove = "unlawful_move", CONFLICT;
    /// The case is closed and takes nothing but a reopen (C3).
    CaseClosed = "case_closed", CONFLICT;
    /// Only a closed case is reopened (C3).
    CaseNotClosed = "case_not_closed", CONFLICT;
    /// Staff close the active escalation, with its outcome, before the case (M13).
    CloseEscalationFirst = "close_escalation_first", CONFLICT;
    /// An escalation that has ended takes no entries and no steps.
    EscalationEnded = "escalation_ended", CONFLICT;
    /// No root cause analysis is requested (C6).
    RcaNotRequested = "rca_not_requested", CONFLICT;
    /// The root cause analysis was delivered already (C6).
    RcaDelivered = "rca_delivered", CONFLICT;
    /// Something with the same unique name exists.
    AlreadyExists = "already_exists", CONFLICT;
    /// A request of this kind is waiting for its decision already.
    AlreadyRequested = "already_requested", CONFLICT;
    /// A decision was made already.
    AlreadyDecided = "already_decided", CONFLICT;
    /// A second factor is asked for already.
    SecondFactorOn = "second_factor_on", CONFLICT;
    /// No second factor is asked for, or none was begun.
    SecondFactorOff = "second_factor_off", CONFLICT;
    /// The person has a password already and needs no invitation.
    AlreadyJoined = "already_joined", CONFLICT;
    /// The person is a cloned user, who is entered by their original alone (P8).
    ClonedUser = "cloned_user", CONFLICT;
    /// The person is shut out.
    AccountDisabled = "account_disabled", CONFLICT;
    /// A notice that waits or was sent is not sent again.
    NoticeNotEnded = "notice_not_ended", CONFLICT;
    /// A file is attached to something already (F4).
    AlreadyAttached = "already_attached", CONFLICT;
    /// The organization's files would be more than it may have (F4); `left_bytes` says how much room there is.
    AttachmentLimitReached = "attachment_limit_reached", CONFLICT;
    /// The scanner of the installation has found something in a file (F4); `found` says what.
    FileInfected = "file_infected", UNPROCESSABLE_ENTITY;
    /// A part of a file is asked for that it does not have.
    RangeNotSatisfiable = "range_not_satisfiable", RANGE_NOT_SATISFIABLE;
    /// Somebody has to remain administrator of the organization.
    LastAdministrator = "last_administrator", CONFLICT;
    /// A predefined role is copied, never changed or removed (A2).
    RolePredefined = "role_predefined", CONFLICT;
    /// A role that is given to people or groups is removed only with `force`.
    RoleHeld = "role_held", CONFLICT;
    /// A group that works in another organization by a pairing is not removed.
    GroupPaired = "group_paired", CONFLICT;
    /// A thing that other things need cannot go.
    InUse = "in_use", CONFLICT;
    /// The tutorial was called off.
    TutorialCanceled = "tutorial_canceled", CONFLICT;
    /// The tutorial has begun, or is over; `starts_at` says when it began.
    TutorialBegun = "tutorial_begun", CONFLICT;
    /// Nobody registers for the tutorial any more; `registration_until` says since when.
    RegistrationOver = "registration_over", CONFLICT;
    /// The thing was changed since the version that the request is based on.
    StaleVersion = "stale_version", PRECONDITION_FAILED;
    /// The request did not come in the time that one is given.
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT;
    /// The address is longer than is taken.
    AddressTooLong = "address_too_long", URI_TOO_LONG;
    /// The headers are larger than is taken.
    HeadersTooLarge = "headers_too_large", REQUEST_HEADER_FIELDS_TOO_LARGE;
    /// One address has as many connections as it may have.
    TooManyConnections = "too_many_connections", SERVICE_UNAVAILABLE;
    /// The body is larger than is taken.
    TooLarge = "too_large", PAYLOAD_TOO_LARGE;
    /// The body is of another kind than is taken.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE;
    /// The body is compressed, which is not taken.
    UnsupportedEncoding = "unsupported_encoding", UNSUPPORTED_MEDIA_TYPE;
    /// Fields or parameters are wrong; `errors` names each.
    ValidationFailed = "validation_failed", UNPROCESSABLE_ENTITY;
    /// The key was used with another request.
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY;
    /// The criteria for an escalation are not met; `findings` says which and until when.
    NotEligible = "not_eligible", UNPROCESSABLE_ENTITY;
    /// Something is to be double-checked first (E9); `findings` says what.
    AcknowledgementRequired = "acknowledgement_required", UNPROCESSABLE_ENTITY;
    /// A change to high priority is taken by telephone only (C5); `phone` is the number, where one is set.
    PriorityByPhone = "priority_by_phone", UNPROCESSABLE_ENTITY;
    /// The wanted priority is not above the present one.
    PriorityNotHigher = "priority_not_higher", UNPROCESSABLE_ENTITY;
    /// Records of a file cannot be so, and none of it was taken in.
    RecordsRefused = "records_refused", UNPROCESSABLE_ENTITY;
    /// The case did not exist at the instant asked about.
    BeforeOpening = "before_opening", UNPROCESSABLE_ENTITY;
    /// The calendar has no working day, so that no deadline can be told.
    NoBusinessDay = "no_business_day", UNPROCESSABLE_ENTITY;
    /// The person follows as much live as one person may; another stream has to end first.
    TooManyStreamsOfOne = "too_many_streams_of_one", TOO_MANY_REQUESTS;
    /// This process keeps as many live streams open as it can.
    TooManyStreams = "too_many_streams", SERVICE_UNAVAILABLE;
    /// More is asked for at once than is taken; nothing was done. `Retry-After` says when to try again.
    Busy = "busy", SERVICE_UNAVAILABLE;
    /// Too many attempts; `Retry-After` says when the next is taken.
    TooManyAttempts = "too_many_attempts", TOO_MANY_REQUESTS;
    /// A defect; the log has the rest.
    Internal = "internal", INTERNAL_SERVER_ERROR;
    /// The scanner that looks at files does not answer; the file was not taken (F4).
    ScannerUnavailable = "scanner_unavailable", SERVICE_UNAVAILABLE;
    /// The storage of attachments cannot be read or written (F4).
    StorageUnavailable = "storage_unavailable", SERVICE_UNAVAILABLE;
    /// The database does not answer, or cannot be written.
    DatabaseUnavailable = "database_unavailable", SERVICE_UNAVAILABLE;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::words::Catalogue;

    #[test]
    fn every_code_is_unique_and_has_its_words() {
        let words = Catalogue::load().expect("the catalogue");
        let mut seen = BTreeSet::new();
        for code in Code::ALL {
            let text = code.as_str();
            assert!(seen.insert(text), "{text} stands twice");
            assert!(
                text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
                "{text}"
            );
            assert!(!code.status().is_success(), "{text}");
            for family in ["problem", "problem-detail"] {
                let key = format!("{family}-{}", text.replace('_', "-"));
                assert!(words.has(&key), "no message {key}");
            }
        }
    }
}
