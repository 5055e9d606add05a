//! Tutorials: the list, one, what becomes of it, and who comes (H1).

use super::documents::{Audiences, RegistrationDocument, TutorialDocument};
use crate::db::Conn;
use crate::domain::access::Permission::{TutorialsManage, TutorialsRegister, TutorialsView};
use crate::domain::ids::TutorialId;
use crate::domain::order::{Place, Sort, Window};
use crate::domain::tutorial::When;
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::list::{self, Asker, Found, Listing, list_query};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Done, Reply};
use crate::http::route::{Route, table};
use crate::store::tutorials::{self, Tutorial, TutorialFilter, TutorialOrder};
use crate::workflow::tutorials::{
    AddTutorial, CancelTutorial, UpdateTutorial, add_tutorial, cancel_tutorial, reader, register,
    unregister, update_tutorial,
};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { tutorials:
        GET    "/tutorials"                                  may(TutorialsView)     => list, "Tutorials for you that are not over, by when they begin";
        POST   "/tutorials"                                  may(TutorialsManage)   => add, "Adds a tutorial";
        GET    "/tutorials/{tutorial}"                       may(TutorialsView)     => show, "One tutorial";
        PATCH  "/tutorials/{tutorial}"                       may(TutorialsManage)   => change, "Changes a tutorial (merge patch); everybody who has registered is told of another time or place";
        POST   "/tutorials/{tutorial}/cancel"                may(TutorialsManage)   => cancel, "Calls a tutorial off, and tells everybody who has registered";
        GET    "/tutorials/{tutorial}/registrations"         may(TutorialsManage)   => registrations, "Who has registered: those who have a place, then those who wait";
        POST   "/tutorials/{tutorial}/registrations"         may(TutorialsRegister) => come, "Registers you: with a place, or, if none is left, in the waiting list";
        DELETE "/tutorials/{tutorial}/registrations/current" may(TutorialsRegister) => stay_away, "You do not come after all; the first who waits gets your place";
    }
}

list_query! {
    /// Which tutorials.
    pub struct TutorialQuery by TutorialOrder, Sort::ascending(TutorialOrder::StartsAt), {
        /// `coming` for those that are not over, which is what is meant if it is not given, or `past`.
        state: Option<When>,
        /// Those alone for which you have registered.
        mine: Option<bool>,
    }
}

/// The tutorials that somebody may see.
pub struct Tutorials;

impl Listing for Tutorials {
    const NAME: &'static str = "tutorials";
    type Query = TutorialQuery;
    type Filter = TutorialFilter;
    type Row = Tutorial;
    type Id = TutorialId;

    fn filter(
        _: &mut Conn,
        _: Asker<'_>,
        query: &TutorialQuery,
    ) -> Result<TutorialFilter, Problem> {
        Ok(TutorialFilter {
            when: query.state.unwrap_or(When::Coming),
            mine: query.mine == Some(true),
        })
    }

    fn rows(
        conn: &mut Conn,
        asker: Asker<'_>,
        filter: &TutorialFilter,
        window: &Window<TutorialOrder, TutorialId>,
    ) -> Result<Vec<Tutorial>, Problem> {
        let reader = reader(conn, asker.access)?;
        Ok(tutorials::list(conn, reader, *filter, window, asker.now)?)
    }

    fn count(
        conn: &mut Conn,
        asker: Asker<'_>,
        filter: &TutorialFilter,
        most: usize,
    ) -> Result<usize, Problem> {
        let reader = reader(conn, asker.access)?;
        Ok(tutorials::count(conn, reader, *filter, most, asker.now)?)
    }

    fn place(by: TutorialOrder, tutorial: &Tutorial) -> Place<TutorialId> {
        tutorials::place(by, tutorial)
    }
}

/// A page of them as answers show it.
pub(in crate::http) fn documents(
    conn: &mut Conn,
    asker: Asker<'_>,
    found: Found<Tutorial>,
) -> Result<Page<TutorialDocument>, Problem> {
    let keeps = asker.access.can(TutorialsManage);
    let ids: Vec<TutorialId> = found.rows.iter().map(|row| row.id).collect();
    let audiences = Audiences::of(conn, keeps, &ids)?;
    let registered = tutorials::registered_among(conn, asker.access.person, &ids)?;
    Ok(found.page(|row| {
        let registration = registered.get(&row.id).copied();
        TutorialDocument::new(&row, &audiences, (registration, keeps), asker.now)
    }))
}

/// One of them, if it exists for somebody.
///
/// # Errors
/// [`Problem::not_found`]; database errors.
pub(in crate::http) fn document(
    conn: &mut Conn,
    asker: Asker<'_>,
    id: TutorialId,
) -> Result<TutorialDocument, Problem> {
    let reader = reader(conn, asker.access)?;
    let row = tutorials::find(conn, reader, id)?;
    let found = Found::whole(vec![row.ok_or_else(Problem::not_found)?]);
    let mut page = documents(conn, asker, found)?;
    page.items.pop().ok_or_else(Problem::not_found)
}

async fn list(
    req: ApiRequest<(), (), TutorialQuery>,
) -> Result<Reply<Page<TutorialDocument>>, Problem> {
    let page = req
        .read(|conn, req| {
            let found = list::answer::<Tutorials>(conn, req.asker(), &req.query)?;
            documents(conn, req.asker(), found)
        })
        .await?;
    Reply::new(&page)
}

async fn add(req: ApiRequest<(), AddTutorial>) -> Result<Created<TutorialDocument>, Problem> {
    req.write(|conn, req| {
        let id = add_tutorial(conn, &req.principal.actor, &req.body, req.now)?;
        let document = document(conn, req.asker(), id)?;
        Ok(Created::new(&document)?
            .version(document.version)
            .location(format!("/api/v1/tutorials/{id}")))
    })
    .await
}

async fn show(req: ApiRequest<TutorialId>) -> Result<Reply<TutorialDocument>, Problem> {
    let document = req
        .read(|conn, req| document(conn, req.asker(), req.address))
        .await?;
    Ok(Reply::new(&document)?.version(document.version))
}

async fn change(
    req: ApiRequest<Guarded<TutorialId>, UpdateTutorial>,
) -> Result<Reply<TutorialDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, id) = (&req.principal.actor, *req.address);
        update_tutorial(conn, actor, id, req.expected(), &req.body, req.now)?;
        let document = document(conn, req.asker(), id)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

async fn cancel(
    req: ApiRequest<Guarded<TutorialId>, CancelTutorial>,
) -> Result<Reply<TutorialDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, id) = (&req.principal.actor, *req.address);
        cancel_tutorial(conn, actor, id, req.expected(), &req.body, req.now)?;
        let document = document(conn, req.asker(), id)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

async fn registrations(
    req: ApiRequest<TutorialId>,
) -> Result<Reply<Page<RegistrationDocument>>, Problem> {
    let page = req
        .read(|conn, req| {
            let reader = reader(conn, req.principal.access())?;
            tutorials::find(conn, reader, req.address)?.ok_or_else(Problem::not_found)?;
            let attendees = tutorials::attendees(conn, req.address)?;
            let documents = attendees.iter().map(RegistrationDocument::from);
            Ok(Page::whole(documents.collect()))
        })
        .await?;
    Reply::new(&page)
}

async fn come(req: ApiRequest<TutorialId>) -> Result<Reply<TutorialDocument>, Problem> {
    req.write(|conn, req| {
        register(conn, &req.principal.actor, req.address, req.now)?;
        let document = document(conn, req.asker(), req.address)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

async fn stay_away(req: ApiRequest<TutorialId>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        unregister(conn, &req.principal.actor, req.address, req.now)?;
        Ok(Done::done())
    })
    .await
}
