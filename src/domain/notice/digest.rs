//! The daily digest (N5): what people chose to read of once a day, in one mail, grouped by case.

use chrono::{Days, NaiveTime};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{NoticeKind, Payload};
use crate::domain::Instant;
use crate::domain::calendar::reached;
use crate::domain::feed::Feed;
use crate::domain::ids::{CaseId, CaseNumber, EntryId, EscalationNumber, TargetId};

/// The hour of the recipient's day at which their digest is made.
pub const DIGEST_HOUR: u32 = 8;
/// The most that are named in one digest; the portal has all of them.
const MOST_NAMED: usize = 100;

/// When the next digest of somebody who reads in `zone` is made, if something is kept for it at `now`: at 08:00 by their clock,
/// once on each day that the zone has. Where the clocks skip that hour, when they do.
pub fn next_digest(zone: Tz, now: Instant) -> Instant {
    let hour = NaiveTime::from_hms_opt(DIGEST_HOUR, 0, 0).unwrap_or(NaiveTime::MIN);
    let today = now.with_timezone(&zone).date_naive();
    // The day before as well: after midnight was repeated, the date that shows may be ahead.
    let first = today.pred_opt().unwrap_or(today);
    for day in 0..8 {
        let Some(date) = first.checked_add_days(Days::new(day)) else {
            break;
        };
        let at = reached(zone, date.and_time(hour));
        // A day that the zone skipped has no digest.
        if at > now && at.with_timezone(&zone).date_naive() == date {
            return at;
        }
    }
    now
}

/// What is kept of a notice until the digest is made: where to read of it, and none of anybody's words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DigestItem {
    /// What happened.
    pub kind: NoticeKind,
    /// When.
    pub at: Instant,
    /// Who did it, by name; nobody where only time passed.
    #[serde(default)]
    pub by: Option<String>,
    /// The feed that it belongs to; none if it is not about a case.
    #[serde(default)]
    pub feed: Option<Feed>,
    /// The escalation, if it is about one.
    #[serde(default)]
    pub escalation: Option<EscalationNumber>,
    /// The entry, so that what may not be seen any more is left out.
    #[serde(default)]
    pub entry: Option<EntryId>,
    /// The target, so that nobody is reminded of what is over.
    #[serde(default)]
    pub target: Option<TargetId>,
    /// The request for access, or the tutorial.
    #[serde(default)]
    pub request: Option<Uuid>,
}

impl DigestItem {
    /// What is kept of a notice.
    pub fn of(payload: &Payload) -> Self {
        let (feed, escalation, request) = match &payload.matter {
            super::Matter::Case(matter) => {
                let escalation = matter.escalation.as_ref().map(|one| one.number);
                (Some(matter.feed()), escalation, None)
            }
            super::Matter::Letter(letter) => (None, None, letter.subject()),
        };
        Self {
            kind: payload.kind(),
            at: payload.at,
            by: payload.actor.as_ref().map(|actor| actor.name.clone()),
            feed,
            escalation,
            entry: payload.entry(),
            target: payload.targets().first().copied(),
            request,
        }
    }
}

/// A case with what happened to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DigestCase {
    /// The case, so that it is left out for whoever may not read it any more.
    pub case: CaseId,
    /// Its number.
    pub number: CaseNumber,
    /// Its subject.
    pub subject: String,
    /// The name of its organization.
    pub organization: String,
    /// What happened, in the order in which it did.
    pub items: Vec<DigestItem>,
}

/// What happened in a day, as far as somebody chose to read of it so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Digest {
    /// How many things are told of.
    pub count: usize,
    /// By case, in the order of what happened first to each.
    pub cases: Vec<DigestCase>,
    /// What is about no case.
    pub others: Vec<DigestItem>,
    /// How many things there are besides.
    pub more: usize,
}

impl Digest {
    /// Adds what happened to a case.
    pub fn add(&mut self, case: DigestCase) {
        let room = MOST_NAMED.saturating_sub(self.count);
        let mut items = case.items;
        self.more += items.len().saturating_sub(room);
        items.truncate(room);
        if items.is_empty() {
            return;
        }
        self.count += items.len();
        match self.cases.iter_mut().find(|one| one.case == case.case) {
            Some(known) => known.items.extend(items),
            None => self.cases.push(DigestCase { items, ..case }),
        }
    }

    /// Adds what is about no case.
    pub fn add_other(&mut self, item: DigestItem) {
        if self.count < MOST_NAMED {
            self.others.push(item);
            self.count += 1;
        } else {
            self.more += 1;
        }
    }

    /// Whether it tells of nothing.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Leaves out what there is no more reason to tell of, or must not be told any more: `keep` says which stays of a case, or of
    /// none.
    pub fn retain(&mut self, keep: impl Fn(Option<CaseId>, &DigestItem) -> bool) {
        for case in &mut self.cases {
            let id = Some(case.case);
            case.items.retain(|item| keep(id, item));
        }
        self.cases.retain(|case| !case.items.is_empty());
        self.others.retain(|item| keep(None, item));
        let of_cases: usize = self.cases.iter().map(|case| case.items.len()).sum();
        self.count = of_cases + self.others.len();
    }

    /// Everything that it tells of.
    pub fn items(&self) -> impl Iterator<Item = &DigestItem> {
        let of_cases = self.cases.iter().flat_map(|case| &case.items);
        of_cases.chain(&self.others)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::{NaiveDate, TimeDelta, Timelike};
    use chrono_tz::TZ_VARIANTS;
    use proptest::prelude::*;

    use super::*;

    /// The digests of a year, each from the last.
    fn year(zone: Tz, from: Instant) -> Vec<Instant> {
        let until = from + TimeDelta::days(366);
        let mut digests = Vec::new();
        let mut at = next_digest(zone, from);
        while at < until {
            digests.push(at);
            let next = next_digest(zone, at);
            assert!(next > at, "{zone}: {at} is followed by {next}");
            at = next;
        }
        digests
    }

    #[test]
    fn every_day_of_every_zone_has_one_digest_for_a_year() {
        let from: Instant = "2026-01-01T00:00:00Z".parse().unwrap();
        for zone in TZ_VARIANTS {
            let mut of_days: BTreeMap<NaiveDate, usize> = BTreeMap::new();
            for at in year(zone, from) {
                let shown = at.with_timezone(&zone);
                assert_eq!(
                    (shown.hour(), shown.minute()),
                    (DIGEST_HOUR, 0),
                    "{zone}: {shown}"
                );
                *of_days.entry(shown.date_naive()).or_default() += 1;
            }
            assert!(of_days.values().all(|times| *times == 1), "{zone}");
            let (first, last) = (of_days.keys().next(), of_days.keys().last());
            let days = (*last.unwrap() - *first.unwrap()).num_days() + 1;
            assert_eq!(
                usize::try_from(days).unwrap(),
                of_days.len(),
                "{zone} left out a day"
            );
        }
    }

    #[test]
    fn a_day_that_a_zone_skipped_has_none() {
        // Samoa had no 30 December 2011.
        let at = "2011-12-29T18:30:00Z".parse().unwrap();
        let next = next_digest(chrono_tz::Pacific::Apia, at);
        assert_eq!(next, "2011-12-30T18:00:00Z".parse::<Instant>().unwrap());
        assert_eq!(
            next.with_timezone(&chrono_tz::Pacific::Apia).date_naive(),
            NaiveDate::from_ymd_opt(2011, 12, 31).unwrap()
        );
    }

    proptest! {
        /// Whenever something is kept, it is read within a day and a little: those of a clock change.
        #[test]
        fn nothing_is_kept_for_longer_than_a_day(
            zone in 0..TZ_VARIANTS.len(),
            minutes in 0..(366 * 24 * 60i64),
        ) {
            let start: Instant = "2026-01-01T00:00:00Z".parse().unwrap();
            let now = start + TimeDelta::minutes(minutes);
            let next = next_digest(TZ_VARIANTS[zone], now);
            prop_assert!(next > now);
            prop_assert!(next - now <= TimeDelta::hours(26), "{}", next - now);
        }
    }

    fn item(minute: i64) -> DigestItem {
        DigestItem {
            kind: NoticeKind::EntryPosted,
            at: Instant::UNIX_EPOCH + TimeDelta::minutes(minute),
            by: None,
            feed: Some(Feed::Case),
            escalation: None,
            entry: None,
            target: None,
            request: None,
        }
    }

    fn case(number: u128, items: Vec<DigestItem>) -> DigestCase {
        DigestCase {
            case: CaseId::from_uuid(Uuid::from_u128(number)),
            number: CaseNumber::new(1),
            subject: String::new(),
            organization: String::new(),
            items,
        }
    }

    #[test]
    fn a_case_is_named_once_and_what_is_too_much_is_counted() {
        let mut digest = Digest::default();
        for minute in 0..70 {
            digest.add(case(1, vec![item(minute)]));
            digest.add(case(2, vec![item(minute)]));
        }
        digest.add_other(item(0));
        assert_eq!(
            (digest.cases.len(), digest.count, digest.more),
            (2, MOST_NAMED, 41)
        );
        digest.retain(|id, _| id == Some(CaseId::from_uuid(Uuid::from_u128(2))));
        assert_eq!((digest.cases.len(), digest.count), (1, 50));
        digest.retain(|_, _| false);
        assert!(digest.is_empty() && digest.cases.is_empty());
    }
}
