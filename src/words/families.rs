//! The families of messages whose members come from closed enums, for the check that each has its message.

use crate::domain::access::{Permission, Role};
use crate::domain::access_request::AccessRequestState;
use crate::domain::announcement;
use crate::domain::article;
use crate::domain::audience::AudienceKind;
use crate::domain::audit::EventKind;
use crate::domain::bulk::{CallbackAct, ConsequenceKind, EscalationAct, RowOutcome};
use crate::domain::calendar::{ByWhen, SkipReason, Unit, Why};
use crate::domain::callback;
use crate::domain::case::{
    BusinessImpact, Channel, Deployment, Engagement, Priority, PriorityRequestState, Status,
    StepState, StepVerb,
};
use crate::domain::duty::{Assignment, Weekday};
use crate::domain::eligibility::{FindingCode, Policy, Remedy, Severity, Verdict};
use crate::domain::escalation::{Level, State, Verb};
use crate::domain::feed::{EntryKind, Feed, Mark, Visibility};
use crate::domain::guide::GuideKind;
use crate::domain::home::{Act, Because, Group};
use crate::domain::language::Language;
use crate::domain::notice::{
    Audience, Delivery, Fault, NoticeGroup, NoticeKind, NoticeState, Obstacle, PairingSide,
    PasswordWay, SecondFactorChange, Stance, WaitsFor,
};
use crate::domain::organization::OrganizationKind;
use crate::domain::pairing::{Direction, Party, State as PairingState};
use crate::domain::radar::Prevention;
use crate::domain::reason::{Governance, QuestionKind};
use crate::domain::report::{Grouping, Measure, ReportName, Stage};
use crate::domain::target::{TargetClock, TargetKind, Tell};
use crate::domain::template::Purpose;
use crate::domain::text::Form;
use crate::domain::tutorial;
use crate::http::api::provisioning::RecordOutcome;
use crate::http::api::search::FoundKind;
use crate::http::portal;
use crate::http::problem::Code;
use crate::http::table_file::Format as TableFormat;
use crate::input::{FAULTS, JSON_TYPES};
use crate::words::audit::{FIELDS, THINGS};
use crate::workflow::developer::{SignatureWorth, TokenWorth};
use crate::workflow::promised::StepHappening;
use crate::workflow::provision::RecordKind;

use super::time::{MONTHS, WEEKDAYS};

/// Each family with its members.
pub(super) const FAMILIES: &[(&str, &[&str])] = &[
    // Time
    ("time", &["minutes", "hours", "days", "months", "years"]),
    ("language", Language::NAMES),
    ("month", &MONTHS),
    ("month-short", &MONTHS),
    ("weekday", &WEEKDAYS),
    ("weekday-short", &WEEKDAYS),
    ("why", Why::NAMES),
    ("target-kind", TargetKind::NAMES),
    (
        "target-state",
        &["running", "paused", "met", "missed", "ended"],
    ),
    ("target-clock", TargetClock::NAMES),
    ("ladder-tell", Tell::NAMES),
    ("duty-assignment", Assignment::NAMES),
    ("duty-assignment-hint", Assignment::NAMES),
    ("duty-day", Weekday::NAMES),
    ("duty-one", &["shift", "absence"]),
    ("duty-another", &["shift", "absence"]),
    ("duty-now", &["begin", "end"]),
    ("duty-gap", &["uncovered", "covered"]),
    ("duty-shift", &["days", "from", "until", "zone"]),
    ("duty-absence", &["from", "until", "cover"]),
    ("ladder-told", &["before", "after"]),
    ("calendar-span", &["from", "until"]),
    ("calendar-holiday", &["date", "yearly", "name"]),
    ("row-act", &["remove", "up"]),
    ("question", &["code", "label", "kind", "required"]),
    ("question-kind", QuestionKind::NAMES),
    ("mail-target", TargetKind::NAMES),
    ("holiday-skipped", SkipReason::NAMES),
    ("reference-place", &["path", "query", "header"]),
    ("pairing-tab", &["people", "groups"]),
    (
        "effect",
        &[
            "eligible",
            "ineligible",
            "analyses-earlier",
            "analyses-later",
            "targets-earlier",
            "targets-later",
            "targets-missed",
            "targets-told",
        ],
    ),
    // Cases and escalations
    ("priority", Priority::NAMES),
    ("priority-in", Priority::NAMES),
    ("priority-chip", Priority::NAMES),
    ("priority-hint", Priority::NAMES),
    ("impact", BusinessImpact::NAMES),
    ("impact-in", BusinessImpact::NAMES),
    ("impact-hint", BusinessImpact::NAMES),
    ("check-impact", BusinessImpact::NAMES),
    ("deployment", Deployment::NAMES),
    ("engagement", Engagement::NAMES),
    ("engaged", Engagement::NAMES),
    ("status", Status::NAMES),
    ("owner", &["me", "none"]),
    ("request-state", PriorityRequestState::NAMES),
    ("decision", &["true", "false"]),
    ("callback-state", callback::State::NAMES),
    ("state", State::NAMES),
    ("state-in", State::NAMES),
    ("level", Level::NAMES),
    ("level-in", Level::NAMES),
    ("score", &["1", "2", "3", "4", "5"]),
    ("severity", Severity::NAMES),
    ("verdict", Verdict::NAMES),
    ("criterion", FindingCode::NAMES),
    ("blocked", BLOCKED),
    ("blocked-detail", BLOCKED),
    ("remedy", Remedy::NAMES),
    ("mark", Mark::NAMES),
    // The API
    ("problem", Code::NAMES),
    ("problem-detail", Code::NAMES),
    ("fault", FAULTS),
    ("json-type", JSON_TYPES),
    ("text-form", Form::NAMES),
    // The portal
    ("bulk-act", EscalationAct::NAMES),
    ("bulk-call-act", CallbackAct::NAMES),
    ("bulk-follows", ConsequenceKind::NAMES),
    ("bulk-row", RowOutcome::NAMES),
    ("bulk-would-row", RowOutcome::NAMES),
    (
        "nav",
        &[
            "home",
            "queue",
            "radar",
            "callbacks",
            "cases",
            "reports",
            "help",
            "relationships",
            "admin",
        ],
    ),
    ("help", portal::help::HelpPlace::NAMES),
    ("audience", AudienceKind::NAMES),
    ("template-purpose", Purpose::NAMES),
    ("template-field", &portal::admin::templates::FIELDS),
    ("proposal", ByWhen::NAMES),
    ("announcement-importance", announcement::Importance::NAMES),
    (
        "announcement-importance-hint",
        announcement::Importance::NAMES,
    ),
    ("announcement-state", announcement::State::NAMES),
    ("registration-state", tutorial::Standing::NAMES),
    ("tutorial-view", &["coming", "mine", "past"]),
    ("tutorial-state", TUTORIAL),
    ("tutorial-registration", TUTORIAL),
    ("tutorial-act", &["register", "leave"]),
    ("mail-tutorial-reminder", tutorial::Reminder::NAMES),
    ("mail-tutorial-reminder-title", tutorial::Reminder::NAMES),
    ("account", &portal::account::PLACES),
    ("account-about", &portal::account::ABOUT),
    (
        "second-factor",
        &[
            "title",
            "off-about",
            "begin",
            "scan",
            "scan-about",
            "picture",
            "confirm-title",
            "confirm-about",
            "confirm",
            "since",
            "left",
            "on-about",
            "codes-title",
            "codes-about",
            "codes",
            "off-title",
            "turn-off-about",
            "off",
            "shown",
            "shown-about",
        ],
    ),
    ("access-request-state", AccessRequestState::NAMES),
    ("admin", &portal::admin::Place::NAMES),
    ("relationships", Direction::NAMES),
    ("relationships-about", Direction::NAMES),
    ("relationships-none", Direction::NAMES),
    ("pairing-state", PairingState::NAMES),
    ("pairing-party", Party::NAMES),
    ("pairing-act", &portal::relationships::ACTS),
    ("pairing-act-about", &portal::relationships::ACTS),
    (
        "pairing-fact",
        &[
            "since",
            "granted_by",
            "last_used",
            "requested",
            "requested_by",
            "link_until",
            "switched_off",
            "suspended",
            "proposed",
            "proposed_by",
            "approved",
            "approved_by",
        ],
    ),
    ("check", &portal::case::Check::NAMES),
    (
        "wait-detail",
        &["closed", "overdue", "promised", "updated", "opened"],
    ),
    ("change", &portal::review::CHANGES),
    ("queue-view", &portal::queue::View::NAMES),
    ("page-problem", &portal::problem::KINDS),
    (
        "page-refusal",
        &[
            "unreadable",
            "sign-in",
            "csrf",
            "proof",
            "second-factor",
            "stale",
            "too-large",
            "invalid",
            "not-eligible",
            "acknowledge",
            "moved",
            "before-opening",
            "error",
        ],
    ),
    ("page-fault", &portal::said::OWN_FAULTS),
    ("kept-why", &portal::kept::REASONS),
    ("page-problem-title", &portal::problem::KINDS),
    ("panel-title", &portal::verbs::VERBS),
    ("panel-intro", &portal::verbs::VERBS),
    ("panel-button", &portal::verbs::VERBS),
    ("channel", Channel::NAMES),
    ("permission", Permission::NAMES),
    ("resource", portal::admin::people::RESOURCES),
    ("role", Role::NAMES),
    ("role-hint", Role::NAMES),
    ("organization-kind", OrganizationKind::NAMES),
    ("organization-kind-hint", &["customer", "partner"]),
    ("notice-state", NoticeState::NAMES),
    ("notice-waits", WaitsFor::NAMES),
    ("mail-fault", Fault::NAMES),
    ("flash", portal::flash::Done::NAMES),
    ("flash-detail", portal::flash::Done::NAMES),
    ("escalated", &["true", "false"]),
    ("search-kind", FoundKind::NAMES),
    (
        "compose",
        &[
            "case-label",
            "case-placeholder",
            "case-hint",
            "case-hint-staff",
            "escalation-label",
            "escalation-placeholder",
            "escalation-hint",
            "escalation-hint-staff",
        ],
    ),
    ("action", &["record", "edit", "close", "reopen"]),
    ("step-verb", StepVerb::NAMES),
    ("step-past", StepHappening::NAMES),
    ("token-worth", TokenWorth::NAMES),
    ("signature-worth", SignatureWorth::NAMES),
    ("record-kind", RecordKind::NAMES),
    ("record-outcome", RecordOutcome::NAMES),
    ("home-group", Group::NAMES),
    ("home-about", Group::NAMES),
    ("home-none", Group::NAMES),
    ("home-reason", Because::NAMES),
    ("home-act", Act::NAMES),
    ("radar-prevent", Prevention::NAMES),
    ("radar-see", Prevention::NAMES),
    ("mail-radar-prevent", Prevention::NAMES),
    ("callback-verb", callback::Verb::NAMES),
    ("report", ReportName::NAMES),
    ("report-about", ReportName::NAMES),
    ("report-by", Grouping::NAMES),
    ("report-stage", Stage::NAMES),
    ("report-quiet", &["day", "week", "month"]),
    ("report-measure", Measure::NAMES),
    ("report-file", TableFormat::NAMES),
    ("table-format", TableFormat::NAMES),
    ("article-state", article::State::NAMES),
    ("article-verb", ARTICLE_VERBS),
    ("article-verb-about", &["publish", "archive", "remove"]),
    ("line-change", &["kept", "added", "removed"]),
    ("guide-kind", GuideKind::NAMES),
    ("guide-state", State::NAMES),
    ("guide-target", TargetKind::NAMES),
    ("guide-feed", Feed::NAMES),
    ("guide-feed-title", Feed::NAMES),
    ("settle", &["complete", "miss"]),
    ("escalation-verb", Verb::NAMES),
    ("queue-stat", &["active", "unclaimed", "late", "mine"]),
    (
        "queue-next",
        &[
            "promised",
            "overdue",
            "missed",
            "unclaimed",
            "in-review",
            "nothing",
            "ended",
            "claim",
            "first_reply",
            "update",
            "awaiting",
        ],
    ),
    ("wait-escalation", &["submitted", "in_review"]),
    ("answer", &["yes", "no"]),
    ("history", &portal::review::HISTORY_KINDS),
    ("admin-about", &portal::admin::Place::NAMES),
    (
        "access",
        &["person-active", "person-disabled", "disable", "enable"],
    ),
    ("access-about", &["disable", "enable"]),
    ("policy", &Policy::KEYS),
    ("governance", Governance::NAMES),
    ("governance-hint", Governance::NAMES),
    ("reason-state", &["active", "inactive"]),
    ("unit", Unit::NAMES),
    ("replay-label", Unit::NAMES),
    ("replay-refused", &["malformed", "no_business_day"]),
    (
        "notice-fact",
        &["made", "tries", "tried", "said", "sent", "next"],
    ),
    ("notice-kind", NoticeKind::NAMES),
    ("notice-fixed", &["account", "access", "pairing", "target"]),
    ("notice-group", NoticeGroup::NAMES),
    ("delivery", Delivery::NAMES),
    ("stance", Stance::NAMES),
    (
        "follow-because",
        &[
            "requester",
            "escalation_owner",
            "contact",
            "case_owner",
            "follower",
        ],
    ),
    ("unsubscribe-feed-title", Feed::NAMES),
    ("move-intro", Feed::NAMES),
    ("compose-move", &["awaiting_customer", "solution_provided"]),
    ("unsubscribe-feed-about", Feed::NAMES),
    ("unsubscribe-feed-done", Feed::NAMES),
    // Audited events
    ("audit-kind", EventKind::NAMES),
    ("audit-name", EventKind::NAMES),
    ("audit-thing", THINGS),
    ("audit-field", FIELDS),
    ("audit-feed", Feed::NAMES),
    ("audit-entry", EntryKind::NAMES),
    ("audit-visibility", Visibility::NAMES),
    ("step-state", StepState::NAMES),
    // Mails
    ("mail-because", Audience::NAMES),
    ("mail-declined", FindingCode::NAMES),
    ("mail-entry-posted-title", Feed::NAMES),
    ("mail-mentioned-title", Feed::NAMES),
    ("mail-entries-posted-title", Feed::NAMES),
    ("mail-instead", FindingCode::NAMES),
    ("mail-password-changed", PasswordWay::NAMES),
    ("mail-second-factor", SecondFactorChange::NAMES),
    ("mail-second-factor-title", SecondFactorChange::NAMES),
    ("mail-pairing-side", PairingSide::NAMES),
    ("mail-withheld", Obstacle::NAMES),
    // Members are named where they are used.
    (
        "label",
        &[
            "priority",
            "status",
            "organization",
            "escalated",
            "owner",
            "kind",
            "role",
            "state",
            "line_of_business",
            "format",
            "hours",
            "by",
            "from",
            "to",
            "reason",
            "category",
            "importance",
            "urgency",
        ],
    ),
    ("hint", &[]),
];

/// The families whose arguments are not written where they are said, but come with what they are about.
pub(super) const OF_DATA: &[&str] = &["mark", "problem-detail", "fault"];

/// How it stands with a tutorial for whoever looks at it.
const TUTORIAL: &[&str] = &[
    "open",
    "full",
    "closed",
    "registered",
    "waiting",
    "canceled",
    "over",
];
/// What is done with articles by a button or a link.
const ARTICLE_VERBS: &[&str] = &["write", "publish", "archive", "remove"];

/// The findings that time does not pass by itself, and what is said when there is none to name.
const BLOCKED: &[&str] = &[
    "none",
    "case_closed",
    "active_escalation",
    "low_priority",
    "use_priority_change",
    "rca_not_requested",
    "rca_delivered",
    "impact_not_significant",
    "commitment_not_due",
];
