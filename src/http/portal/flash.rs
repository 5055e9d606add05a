//! What the last action did, told once on the page that follows it. It travels in a cookie as a code with its
//! arguments, and becomes words when it is shown (F8).

use std::collections::BTreeMap;

use actix_web::cookie::Cookie;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::shell::{Banner, Tone};
use super::undo::UndoView;
use crate::config::PublicUrl;
use crate::domain::ids::EntryId;
use crate::domain::{Instant, closed_enum};
use crate::http::cookies::Carries;
use crate::words::Catalogue;

/// What it calls an entry that may be taken back, and until when.
const UNDO: &str = "undo";
const UNTIL: &str = "until";
/// How long it waits for the next page.
const LIFETIME: TimeDelta = TimeDelta::minutes(2);

closed_enum! {
    /// What was done. Each has the messages `flash-…` and `flash-detail-…`.
    pub enum Done as "PortalDone" {
        /// A case was opened.
        CaseOpened = "case_opened",
        /// A case was changed.
        CaseChanged = "case_changed",
        /// A case was saved as it was.
        CaseUnchanged = "case_unchanged",
        /// Somebody took a case.
        CaseTaken = "case_taken",
        /// A case was closed.
        CaseClosed = "case_closed",
        /// A case was reopened.
        CaseReopened = "case_reopened",
        /// Something was written in a feed.
        Posted = "posted",
        /// What was begun is kept, and not sent.
        DraftKept = "draft_kept",
        /// What was begun is gone.
        DraftThrownAway = "draft_thrown_away",
        /// An entry was taken back.
        EntryTakenBack = "entry_taken_back",
        /// A form was sent a second time; its work was done by the first.
        SentBefore = "sent_before",
        /// Something internal was written.
        Kept = "kept",
        /// An entry was corrected.
        EntryEdited = "entry_edited",
        /// An entry was redacted.
        EntryRedacted = "entry_redacted",
        /// An entry was moved to the other feed.
        EntryMoved = "entry_moved",
        /// A file was taken away.
        FileRemoved = "file_removed",
        /// A higher priority was asked for.
        PriorityAsked = "priority_asked",
        /// A priority request was granted.
        PriorityGranted = "priority_granted",
        /// A priority request was refused.
        PriorityRefused = "priority_refused",
        /// An analysis was requested.
        RcaRequested = "rca_requested",
        /// An analysis was delivered.
        RcaDelivered = "rca_delivered",
        /// A next step was promised.
        Promised = "promised",
        /// A next step was done.
        StepDone = "step_done",
        /// A next step was missed.
        StepMissed = "step_missed",
        /// A next step was promised anew.
        Repromised = "repromised",
        /// A contact outside the portal was recorded.
        Recorded = "recorded",
        /// A call was asked for.
        CallAsked = "call_asked",
        /// A call was taken.
        CallTaken = "call_taken",
        /// A call was given to somebody.
        CallAssigned = "call_assigned",
        /// A call has another window.
        CallMoved = "call_moved",
        /// What a call is about was changed.
        CallChanged = "call_changed",
        /// A call took place.
        CallCompleted = "call_completed",
        /// A call was missed.
        CallMissed = "call_missed",
        /// A call was called off.
        CallCanceled = "call_canceled",
        /// An escalation was submitted (M3).
        Escalated = "escalated",
        /// It was claimed.
        Claimed = "claimed",
        /// It was assigned.
        Assigned = "assigned",
        /// It was accepted.
        Accepted = "accepted",
        /// It was declined.
        Declined = "declined",
        /// It was ranked anew.
        Reranked = "reranked",
        /// It was withdrawn.
        Withdrawn = "withdrawn",
        /// It was closed.
        EscalationClosed = "escalation_closed",
        /// It was rated.
        Rated = "rated",
        /// Somebody else was asked for the rating.
        RaterAsked = "rater_asked",
        /// An organization was added.
        OrganizationAdded = "organization_added",
        /// An organization was changed.
        OrganizationChanged = "organization_changed",
        /// A partner's clients were named.
        ClientsNamed = "clients_named",
        /// A person was added.
        PersonAdded = "person_added",
        /// A person was changed.
        PersonChanged = "person_changed",
        /// A role was added.
        RoleAdded = "role_added",
        /// A role was changed.
        RoleChanged = "role_changed",
        /// It was chosen for which roles a second factor is asked for.
        SecondFactorRoles = "second_factor_roles",
        /// The networks from which people work were saved.
        NetworksAllowed = "networks_allowed",
        /// A role was removed.
        RoleRemoved = "role_removed",
        /// A group was added.
        GroupAdded = "group_added",
        /// A group was changed.
        GroupChanged = "group_changed",
        /// A group was removed.
        GroupRemoved = "group_removed",
        /// A line was added.
        LineAdded = "line_added",
        /// A line was changed.
        LineChanged = "line_changed",
        /// A reason was added or changed.
        ReasonSaved = "reason_saved",
        /// Policies were changed.
        PoliciesSaved = "policies_saved",
        /// How long targets have was changed.
        TargetsSaved = "targets_saved",
        /// Who is told of targets was changed.
        LadderSaved = "ladder_saved",
        /// The roster was changed.
        DutySaved = "duty_saved",
        /// A file of records was taken in.
        Provisioned = "provisioned",
        /// An article was added.
        ArticleAdded = "article_added",
        /// An article was written on.
        ArticleSaved = "article_saved",
        /// An article was published.
        ArticlePublished = "article_published",
        /// An article was archived.
        ArticleArchived = "article_archived",
        /// An article was removed.
        ArticleRemoved = "article_removed",
        /// An article was found helpful, or not.
        ArticleRated = "article_rated",
        /// An earlier version was written once more.
        VersionRestored = "version_restored",
        /// A category of articles has another name.
        CategoryRenamed = "category_renamed",
        /// The handbooks and trainings were changed.
        GuideSaved = "guide_saved",
        /// A calendar was added or changed.
        CalendarSaved = "calendar_saved",
        /// Holidays were taken from a file.
        HolidaysAdded = "holidays_added",
        /// A notice will be sent again.
        NoticeQueued = "notice_queued",
        /// A made-up mail was sent to see how it arrives.
        TestSent = "test_sent",
        /// Notices that were given up will be sent again.
        NoticesQueued = "notices_queued",
        /// One chose which notices to get.
        NoticesChosen = "notices_chosen",
        /// One chose what to be told of a feed.
        FollowingChosen = "following_chosen",
        /// A pairing was accepted.
        PairingAccepted = "pairing_accepted",
        /// A pairing was refused.
        PairingRefused = "pairing_refused",
        /// A pairing was switched off, or suspended.
        PairingOff = "pairing_off",
        /// A pairing was switched on, or resumed.
        PairingOn = "pairing_on",
        /// A pairing was ended, or a request taken back.
        PairingRemoved = "pairing_removed",
        /// More people and groups were proposed.
        MembersProposed = "members_proposed",
        /// A person or a group was removed from a pairing.
        MemberRemoved = "member_removed",
        /// A role was given through a pairing.
        RoleGiven = "role_given",
        /// A role was taken.
        RoleTaken = "role_taken",
        /// A role was asked for.
        RoleAsked = "role_asked",
        /// A role is not asked for any more.
        RoleUnasked = "role_unasked",
        /// A role that was asked for was refused.
        RoleRefused = "role_refused",
        /// A cloned user was added.
        CloneAdded = "clone_added",
        /// A cloned user was removed.
        CloneRemoved = "clone_removed",
        /// Somebody switched into another organization.
        SwitchedTo = "switched_to",
        /// Somebody switched back.
        BackHome = "back_home",
        /// The installation was set up.
        SetUp = "set_up",
        /// Somebody signed out.
        SignedOut = "signed_out",
        /// The second factor was not shown in time.
        HalfExpired = "half_expired",
        /// A link for a new password is on its way, if there is such an account.
        ResetAsked = "reset_asked",
        /// A password was set by a link.
        PasswordSet = "password_set",
        /// Read-only access was asked for.
        AccessAsked = "access_asked",
        /// The own name or zone was changed.
        AccountChanged = "account_changed",
        /// The own password was changed.
        PasswordChanged = "password_changed",
        /// The own second factor was given up.
        SecondFactorOff = "second_factor_off",
        /// One of the own sessions was ended.
        SessionEnded = "session_ended",
        /// All own sessions but one were ended.
        SessionsEnded = "sessions_ended",
        /// An API token was revoked.
        TokenRevoked = "token_revoked",
        /// A filter was saved.
        FilterSaved = "filter_saved",
        /// A saved filter was changed.
        FilterChanged = "filter_changed",
        /// A saved filter was removed.
        FilterRemoved = "filter_removed",
        /// A person was invited.
        PersonInvited = "person_invited",
        /// A person was signed out everywhere.
        PersonSignedOut = "person_signed_out",
        /// A person's second factor was taken away.
        SecondFactorTaken = "second_factor_taken",
        /// A request for access was granted.
        AccessGranted = "access_granted",
        /// A request for access was refused.
        AccessRefused = "access_refused",
        /// An announcement was added or changed.
        AnnouncementSaved = "announcement_saved",
        /// An announcement was removed.
        AnnouncementRemoved = "announcement_removed",
        /// An announcement was read.
        AnnouncementRead = "announcement_read",
        /// What was news was noted as read.
        NewsRead = "news_read",
        /// A tutorial was added.
        TutorialAdded = "tutorial_added",
        /// A tutorial was changed.
        TutorialChanged = "tutorial_changed",
        /// A tutorial was called off.
        TutorialCanceled = "tutorial_canceled",
        /// One has registered for a tutorial.
        TutorialRegistered = "tutorial_registered",
        /// One waits for a place.
        TutorialWaiting = "tutorial_waiting",
        /// One does not come to a tutorial after all.
        TutorialLeft = "tutorial_left",
        /// A tool was added or changed.
        ToolSaved = "tool_saved",
        /// A tool was removed.
        ToolRemoved = "tool_removed",
        /// A text template was added or changed.
        TemplateSaved = "template_saved",
        /// A text template was removed.
        TemplateRemoved = "template_removed",
    }
}

/// What was done, with what its sentence names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    done: Done,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    names: BTreeMap<String, String>,
}

impl Flash {
    /// Says that this was done.
    pub fn new(done: Done) -> Self {
        Self {
            done,
            names: BTreeMap::new(),
        }
    }

    /// With the number of a case or an escalation.
    #[must_use]
    pub fn number(self, number: impl ToString) -> Self {
        self.with("number", number)
    }

    /// With the name of a person or an organization.
    #[must_use]
    pub fn name(self, name: impl ToString) -> Self {
        self.with("name", name)
    }

    /// With an entry that may be taken back until an instant.
    #[must_use]
    pub fn undo(self, entry: EntryId, until: Instant) -> Self {
        self.with(UNDO, entry).with(UNTIL, until.to_rfc3339())
    }

    /// The button that takes the entry back, while it can be at `now`.
    fn undo_view(&self, now: Instant) -> Option<UndoView> {
        let entry: EntryId = self.names.get(UNDO)?.parse().ok()?;
        let until: Instant = self.names.get(UNTIL)?.parse().ok()?;
        UndoView::of(entry, until, now, "")
    }

    fn with(mut self, key: &str, value: impl ToString) -> Self {
        // A cookie has little room, and a name may be long.
        let value = value.to_string().chars().take(200).collect();
        self.names.insert(key.to_owned(), value);
        self
    }

    /// The banner of the next page.
    pub fn banner(&self, words: &Catalogue, now: Instant) -> Banner {
        let name = |key: &str| self.names.get(key).map_or("", String::as_str);
        let args = [
            ("number", name("number").into()),
            ("name", name("name").into()),
        ];
        Banner {
            tone: Tone::Good,
            title: words.say_of("flash", self.done.as_str(), &args),
            detail: words.say_of("flash-detail", self.done.as_str(), &args),
            undo: self.undo_view(now),
        }
    }

    /// The cookie that carries it to the next page.
    pub(super) fn cookie(&self, url: &PublicUrl) -> Cookie<'static> {
        let text = serde_json::to_vec(self).unwrap_or_default();
        Carries::Flash.cookie(url, URL_SAFE_NO_PAD.encode(text), LIFETIME)
    }

    /// Reads it from its cookie; what does not read is nothing.
    pub(super) fn from_cookie(text: &str) -> Option<Self> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }
}

/// The cookie that takes it away once it was shown.
pub(super) fn shown(url: &PublicUrl) -> Cookie<'static> {
    Carries::Flash.removal(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_survives_its_cookie_and_nothing_else_passes() {
        let flash = Flash::new(Done::Escalated).number("E-000045");
        let url = PublicUrl::listening_on(([127, 0, 0, 1], 8080).into());
        assert_eq!(Flash::from_cookie(flash.cookie(&url).value()), Some(flash));
        assert_eq!(Flash::from_cookie("bm9uc2Vuc2U"), None);
        assert_eq!(Flash::from_cookie(""), None);
    }

    #[test]
    fn it_names_what_was_done() {
        let words = Catalogue::load().unwrap();
        let banner = Flash::new(Done::Escalated)
            .number("E-000045")
            .banner(&words, Instant::UNIX_EPOCH);
        assert_eq!(banner.title, "Escalated as E-000045.");
    }
}
