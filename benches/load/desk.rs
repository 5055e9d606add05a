//! A desk that is filled.

use std::path::Path;
use std::time::{Duration, Instant};

use casebell::db::Location;
use serde_json::json;

use crate::arguments::Kind;
use crate::cluster::Database;
use crate::escalated;
use crate::installation::{Installation, with_client};
use crate::world::{ASKING, ENGINEERS, PASSWORD, STAFF, TOLD, World, contact, engineer};

/// How many cases are in one file that is imported.
const FILE: usize = 50_000;

/// A desk with many cases.
pub struct Desk {
    pub kind: Kind,
    pub installation: Installation,
    pub world: World,
    /// How many entries a second came in with their cases, at the end.
    pub imported: f64,
    /// What somebody of the staff shows, and the contacts of the organizations that ask.
    pub staff: String,
    pub contacts: Vec<String>,
    /// What the same person of the staff has who has signed in.
    pub cookie: String,
}

impl Desk {
    /// A new one, in `folder` or in this database.
    pub fn filled(folder: &Path, cases: usize, database: Option<&Database<'_>>) -> Self {
        let begun = Instant::now();
        let kind = database.map_or(Kind::Sqlite, |_| Kind::Postgresql);
        let installation = Installation::within(folder, database.map(Database::url));
        let world = World::of(cases);
        installation.imports(|path| world.write_furniture(path));
        let (mut imported, all) = (0.0, world.recorded());
        let mut entries = 0;
        for first in (0..all).step_by(FILE) {
            let last = all.min(first + FILE);
            let mut written = 0;
            let took = installation.imports(|path| {
                written = world.write_cases(path, first..last)?;
                Ok(())
            });
            imported = written as f64 / took.as_secs_f64();
            entries += written;
            says(
                begun,
                &format!("{last} cases with {entries} entries, {imported:.0} entries/s"),
            );
        }
        escalated::tell(&location(&installation), &world);
        says(begun, &format!("{} escalations told", world.escalated()));
        if let Some(database) = database {
            database.tidy();
            says(begun, "vacuumed and analyzed");
        }
        let staff = installation.token(STAFF);
        let contacts = (0..ASKING).map(|n| installation.token(&contact(n)));
        let contacts = contacts.collect();
        // What waits is done before anything is measured.
        let server = installation.serve();
        let cookie = session(&server.origin);
        let quiet = (TOLD..ENGINEERS).map(|n| installation.token(&engineer(n)));
        do_not_tell(&server.origin, quiet.collect());
        server.settles();
        drop(server);
        if let Some(database) = database {
            database.reindex_notices();
        }
        says(begun, "filled, and nothing waits");
        Self {
            kind,
            world,
            imported,
            staff,
            contacts,
            cookie,
            installation,
        }
    }

    /// Where its rows are.
    pub fn location(&self) -> Location {
        location(&self.installation)
    }

    /// What `casebell audit verify` says of it.
    pub fn verified(&self) -> String {
        let begun = Instant::now();
        let said = self.installation.runs(&["audit", "verify"]);
        says(begun, "audit verify");
        said
    }

    /// The header of a request of the staff.
    pub fn of_staff(&self) -> String {
        format!("authorization: Bearer {}", self.staff)
    }
}

fn location(installation: &Installation) -> Location {
    match &installation.database {
        Some(url) => Location::Postgres(url.clone().into()),
        None => Location::Sqlite(installation.folder().join("casebell.db")),
    }
}

fn says(begun: Instant, what: &str) {
    let took: Duration = begun.elapsed();
    println!("  [{:>5.0} s] {what}", took.as_secs_f64());
}

/// These engineers want no mail of each new case.
fn do_not_tell(origin: &str, tokens: Vec<String>) {
    with_client(async |client| {
        for token in tokens {
            let asked = client.patch(format!("{origin}/api/v1/me/notices"));
            let asked = asked
                .bearer_auth(token)
                .json(&json!({ "case_opened": "none" }));
            let answer = asked.send().await.expect("an answer");
            assert!(answer.status().is_success(), "{}", answer.status());
        }
    });
}

/// The cookie of somebody who has signed in.
fn session(origin: &str) -> String {
    with_client(async |client| {
        let body = json!({ "email": STAFF, "password": PASSWORD });
        let answer = client
            .post(format!("{origin}/api/v1/sessions"))
            .json(&body)
            .send()
            .await;
        let answer = answer.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
        let cookies = answer.headers().get_all("set-cookie").iter();
        let cookies = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
        cookies.collect::<Vec<_>>().join("; ")
    })
}
