//! Who is told of new entries in the feeds of a case, before there are any (F7): by the rule by which they are told.

use super::admitted;
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::PersonId;
use crate::domain::notice::{
    NoticeEvent, NoticeKind, Recipient, Stakeholders, Stances, recipients,
};
use crate::store::cases::Case;
use crate::store::escalations::Escalation;
use crate::store::lines;
use crate::store::notices::{self, Known};

/// Who is told of a new entry that anybody could have written.
#[derive(Clone, Debug)]
pub(in crate::workflow) struct ToldOfEntries {
    /// Those who are told, and others who might be.
    pub(in crate::workflow) known: Vec<Known>,
    /// In each feed, by what is decided who is told, and who is and why.
    pub(in crate::workflow) feeds: Vec<(NoticeEvent, Vec<Recipient>)>,
}

impl ToldOfEntries {
    /// Who is told of a public entry in the feeds of a case, of which people said this; `escalation` is the active one.
    pub(in crate::workflow) fn load(
        conn: &mut Conn,
        case: &Case,
        escalation: Option<&Escalation>,
        said: Vec<(Feed, Stances)>,
        now: Instant,
    ) -> Result<Self, DbError> {
        let mut happenings = Vec::new();
        for (feed, stances) in said {
            let on = escalation.filter(|_| feed == Feed::Escalation);
            happenings.push(NoticeEvent {
                kind: NoticeKind::EntryPosted,
                feed,
                visibility: Visibility::Public,
                organization: case.organization_id,
                actor: None,
                ties: Stakeholders {
                    contact: case.contact(),
                    case_owner: case.owner_id,
                    requester: on.map(|escalation| escalation.requested_by),
                    rater: None,
                    escalation_owner: on.and_then(|escalation| escalation.owner_id),
                    asker: None,
                    named: Vec::new(),
                    caller: None,
                    mentioned: Vec::new(),
                },
                stances,
            });
        }
        let mut people: Vec<PersonId> = happenings.iter().flat_map(NoticeEvent::people).collect();
        people.sort_unstable();
        people.dedup();
        let known = notices::known(conn, people, None, now)?;
        let readers = lines::readers(conn, case.line_of_business_id)?;
        let mut candidates = admitted(&known, &readers);
        let requester = escalation.map(|escalation| escalation.requested_by);
        for candidate in &mut candidates {
            if Some(candidate.access.person) == requester {
                notices::let_in(conn, candidate, case.organization_id, now)?;
            }
        }
        let told = happenings.into_iter().map(|happening| {
            let recipients = recipients(&happening, &candidates);
            (happening, recipients)
        });
        Ok(Self {
            feeds: told.collect(),
            known,
        })
    }
}
