//! Which notices one gets oneself (N5).

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::db::Conn;
use crate::domain::ids::PersonId;
use crate::domain::notice::{Delivery, NoticeKind, Topic};
use crate::http::call::{Call, OWNER, SIGNED_IN};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::input::{At, Errors, Fault, Field, Input, Member};
use crate::words::Words;
use crate::workflow::choose_notices::{choose, chosen};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { my_notices:
        GET   "/me/notices" SIGNED_IN => list, "Every kind of notice, and whether you get it";
        PATCH "/me/notices" OWNER     => change, "Chooses which kinds of notices you get";
    }
}

/// A kind of notice, and whether one gets it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NoticeChoice {
    kind: NoticeKind,
    /// The kind in words.
    label: String,
    topic: Topic,
    /// Whether it can be switched off.
    optional: bool,
    /// Why it cannot be switched off; null if it can.
    reason: Option<String>,
    delivery: Delivery,
}

/// How to get the notices of each kind; kinds that are left out stay as they are.
#[derive(Clone, Debug)]
pub struct ChooseNotices(BTreeMap<NoticeKind, Delivery>);

impl Field for ChooseNotices {
    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let given = Map::<String, Value>::read(value, at, errors)?;
        let mut choices = BTreeMap::new();
        for (name, value) in given {
            let at = at.name(&name);
            let Ok(kind) = name.parse::<NoticeKind>() else {
                let known = NoticeKind::NAMES.join(", ");
                errors.refuse::<()>(&at, Fault::new("unknown_field").with("known", known));
                continue;
            };
            if let Some(delivery) = Delivery::read(&value, &at, errors) {
                choices.insert(kind, delivery);
            }
        }
        Some(Self(choices))
    }

    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let about =
            "How to get the notices of each kind; kinds that are left out stay as they are.";
        crate::input::object_schema(about, Self::members())
    }

    fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
        <Delivery as Field>::schemas(schemas);
    }
}

impl Input for ChooseNotices {
    fn members() -> Vec<Member> {
        let member = |name: &&'static str| Member {
            name,
            doc: "When to get them.".to_owned(),
            required: false,
            schema: <Delivery as Field>::schema(),
        };
        NoticeKind::NAMES.iter().map(member).collect()
    }
}

/// Every kind of notice, and whether one gets it.
pub async fn list(call: Call) -> Result<Reply<Page<NoticeChoice>>, Problem> {
    let page = call
        .look(|conn, call| read(conn, &call.desk.words, call.principal.person))
        .await?;
    Reply::new(&page)
}

/// Chooses which kinds of notices one gets.
pub async fn change(call: Call<(), ChooseNotices>) -> Result<Reply<Page<NoticeChoice>>, Problem> {
    call.write(|conn, call| {
        choose(conn, &call.principal.oneself(), &call.body.0, call.now)?;
        Reply::new(&read(conn, &call.desk.words, call.principal.person)?)
    })
    .await
}

fn read(conn: &mut Conn, words: &Words, person: PersonId) -> Result<Page<NoticeChoice>, Problem> {
    let choice = |(kind, delivery): (NoticeKind, Delivery)| NoticeChoice {
        kind,
        label: words.say_of("notice-kind", kind.as_str(), &[]),
        topic: kind.topic(),
        optional: kind.is_optional(),
        reason: (!kind.is_optional())
            .then(|| words.say_of("notice-fixed", kind.topic().as_str(), &[])),
        delivery,
    };
    let chosen = chosen(conn, person)?;
    Ok(Page::whole(chosen.into_iter().map(choice).collect()))
}
