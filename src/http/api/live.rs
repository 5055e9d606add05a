//! A case as it happens: server-sent events (F5).

use serde::Serialize;
use utoipa::ToSchema;

use super::documents::{EntryDocument, Reader};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::ids::{CaseId, CaseNumber, CaseRef};
use crate::http::call::{Call, may};
use crate::http::live::{Event, Told, follow};
use crate::http::principal::Principal;
use crate::http::problem::Problem;
use crate::http::reply::{EVENT_STREAM, Reply};
use crate::http::route::{Route, table};
use crate::store::cases;
use crate::store::feeds::{self, Stamp};
use crate::words::Words;

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    let routes = table! { live:
        GET "/cases/{case}/live" may(Permission::CasesView) => case, "The case as it happens: server-sent events `case` (it changed), `entry` (a new entry of a feed, as in the feed), `end` (you may not read on; says why)";
    };
    routes
        .into_iter()
        .map(|route| route.answering_in(&[EVENT_STREAM]))
        .collect()
}

/// The data of the event `case`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct CaseChanged {
    /// Which case.
    number: CaseNumber,
    /// Its version now.
    version: i64,
}

/// How far a reader has been told of a case.
#[derive(Clone, Copy)]
struct CaseTold {
    case: CaseId,
    number: CaseNumber,
    version: i64,
    stamp: Stamp,
}

async fn case(call: Call<CaseRef>) -> Result<Reply<CaseChanged>, Problem> {
    let (desk, reader) = (call.desk.clone(), call.principal.clone());
    let told = call
        .look(|conn, call| {
            let access = call.principal.access();
            let view = cases::view(conn, access.reach(), &call.address)?;
            let case = view.ok_or_else(Problem::not_found)?.case;
            Ok(CaseTold {
                case: case.id,
                number: case.number,
                version: case.version,
                stamp: feeds::stamp(conn, access, case.id)?,
            })
        })
        .await?;
    Ok(Reply::live(follow(&desk, reader, told)?))
}

impl Told for CaseTold {
    fn news(
        &self,
        conn: &mut Conn,
        reader: &Principal,
        words: &Words,
        now: Instant,
    ) -> Result<(Vec<Event>, Self), Problem> {
        let access = reader.access();
        if !access.can(Permission::CasesView) {
            return Err(Problem::missing_permission(Permission::CasesView));
        }
        let version = cases::version_of(conn, access.reach(), self.case)?;
        let version = version.ok_or_else(Problem::not_found)?;
        let mut stamp = feeds::stamp(conn, access, self.case)?;
        if version == self.version && stamp == self.stamp {
            return Ok((Vec::new(), *self));
        }
        let mut events = Vec::new();
        if stamp.newest != self.stamp.newest {
            let reader = Reader {
                words,
                access,
                zone: reader.time_zone,
                now,
            };
            for view in feeds::since(conn, access, self.case, self.stamp.newest)? {
                events.push(Event::new("entry", &EntryDocument::new(&reader, &view))?);
                // Of very many, the rest follows at the next look.
                stamp.newest = Some(view.entry.id);
            }
        }
        let changed = CaseChanged {
            number: self.number,
            version,
        };
        events.push(Event::new("case", &changed)?);
        let told = Self {
            version,
            stamp,
            ..*self
        };
        Ok((events, told))
    }
}
