//! One story, two databases.

use std::path::{Path, PathBuf};
use std::sync::{Once, OnceLock};

use casebell::db::{Conn, Db, DbError, Location};
use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use tempfile::TempDir;

use super::folders::folder;
use super::postgres;
use super::timing::spent;

/// Which database a story runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The embedded one, in a file of the test's own.
    Sqlite,
    /// A database of the test's own on a real server.
    Postgresql,
}

impl Backend {
    /// Whether it can be used here; the first test that cannot says so for all of them.
    pub fn is_available(self) -> bool {
        match self {
            Self::Sqlite => true,
            Self::Postgresql => match postgres::server() {
                Ok(_) => true,
                Err(why) => {
                    static SAID: Once = Once::new();
                    SAID.call_once(|| super::go_without("every story on PostgreSQL", why));
                    assert!(
                        !super::everything_is_required(),
                        "there is no PostgreSQL: {why}"
                    );
                    false
                }
            },
        }
    }
}

/// Runs each of these stories once on each database, as `name::sqlite` and `name::postgresql`, with what `for_story` of
/// their argument's type prepares. A story that is not listed is unused, which the lints tell.
macro_rules! on_both_databases {
    ($subject:ident: $($story:ident),+ $(,)?) => {$(
        mod $story {
            use $crate::support::database::Backend;

            type Subject = super::$subject;

            #[test]
            fn sqlite() {
                Subject::for_story(Backend::Sqlite, super::$story);
            }

            #[test]
            fn postgresql() {
                Subject::for_story(Backend::Postgresql, super::$story);
            }
        }
    )+};
}
pub(crate) use on_both_databases;

/// A database of one test, gone with it.
pub struct TestDatabase {
    /// Where the house finds it.
    pub location: Location,
    /// Keeps it there.
    keeper: Keeper,
}

enum Keeper {
    Sqlite { path: PathBuf, _folder: TempDir },
    Postgresql(postgres::Database),
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    text: String,
}

impl TestDatabase {
    /// A database with nothing in it, not even the schema; a copy of `like` if that is given, which nobody may be
    /// using.
    pub fn create(backend: Backend, like: Option<&Self>) -> Self {
        super::timing::begin();
        match like {
            Some(_) => spent("databases are copied", || Self::made(backend, like)),
            None => spent("databases are made", || Self::made(backend, like)),
        }
    }

    fn made(backend: Backend, like: Option<&Self>) -> Self {
        match backend {
            Backend::Sqlite => {
                let folder = folder("casebell-sqlite-");
                let path = folder.path().join("casebell.db");
                if let Some(Keeper::Sqlite { path: original, .. }) = like.map(|like| &like.keeper) {
                    std::fs::copy(original, &path).expect("the database is copied");
                }
                Self {
                    location: Location::Sqlite(path.clone()),
                    keeper: Keeper::Sqlite {
                        path,
                        _folder: folder,
                    },
                }
            }
            Backend::Postgresql => {
                let original = like.map(|like| match &like.keeper {
                    Keeper::Postgresql(database) => database,
                    Keeper::Sqlite { .. } => panic!("a copy stays on its kind of database"),
                });
                let server = postgres::server().expect("available");
                let database = match original {
                    Some(original) => server.copy(original),
                    None => server.create(None),
                };
                let location = Location::Postgres(database.url().into());
                Self {
                    location,
                    keeper: Keeper::Postgresql(database),
                }
            }
        }
    }

    /// A database with the schema of the house and nothing else: a copy of one that was made once.
    pub fn with_schema(backend: Backend) -> Self {
        static SQLITE: OnceLock<TestDatabase> = OnceLock::new();
        static POSTGRESQL: OnceLock<TestDatabase> = OnceLock::new();
        let made = match backend {
            Backend::Sqlite => &SQLITE,
            Backend::Postgresql => &POSTGRESQL,
        };
        let original = made.get_or_init(|| {
            let database = Self::create(backend, None);
            spent("schemas are made", || {
                drop(Db::open(&database.location).expect("the schema is made"));
            });
            database.settle();
            database
        });
        Self::create(backend, Some(original))
    }

    /// What `CASEBELL_DATABASE_URL` is to say.
    pub fn url(&self) -> String {
        match &self.keeper {
            Keeper::Sqlite { path, .. } => format!("sqlite://{}", path.display()),
            Keeper::Postgresql(database) => database.url(),
        }
    }

    /// Brings everything into the file that copies are made of.
    pub fn settle(&self) {
        if let Conn::Sqlite(conn) = &mut self.connect() {
            conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")
                .expect("a checkpoint");
        }
    }

    /// The database on the server, for tests that take it away.
    pub fn on_server(&self) -> Option<&postgres::Database> {
        match &self.keeper {
            Keeper::Postgresql(database) => Some(database),
            Keeper::Sqlite { .. } => None,
        }
    }

    /// A connection beside the house's own, with the rules about foreign keys that the house has.
    pub fn connect(&self) -> Conn {
        match &self.keeper {
            Keeper::Sqlite { path, .. } => sqlite(path),
            Keeper::Postgresql(database) => Conn::Postgres(database.connect()),
        }
    }

    /// Runs statements of the test's own.
    pub fn run(&self, sql: &str) {
        let ran = match &mut self.connect() {
            Conn::Sqlite(conn) => conn.batch_execute(sql),
            Conn::Postgres(conn) => conn.batch_execute(sql),
        };
        ran.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// The column `text` of what a query of the test's own finds.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        texts(&mut self.connect(), sql)
    }
}

/// A connection to an embedded database, with the rules about foreign keys that the house has.
pub fn sqlite(path: &Path) -> Conn {
    let path = path.to_str().expect("a path in UTF-8");
    let mut conn = SqliteConnection::establish(path).expect("the file opens");
    conn.batch_execute("PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 10000")
        .expect("pragmas");
    Conn::Sqlite(conn)
}

/// The column `text` of what a query finds.
pub fn texts(conn: &mut Conn, sql: &str) -> Vec<String> {
    let rows: Vec<Row> = sql_query(sql)
        .load(conn)
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    rows.into_iter().map(|row| row.text).collect()
}

/// A database with the schema of the house and nothing else, for tests below the edges.
pub struct Rows {
    /// The house's way to it.
    pub db: Db,
    /// The test's way to it.
    pub database: TestDatabase,
    /// Which kind it is.
    pub backend: Backend,
}

impl Rows {
    /// Runs a story on a database of its own; says so and does nothing where there is none of that kind.
    pub fn for_story<F: Future<Output = ()>>(backend: Backend, story: impl FnOnce(Self) -> F) {
        if !backend.is_available() {
            return;
        }
        let database = TestDatabase::with_schema(backend);
        let db = Db::open(&database.location).expect("the database opens");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(story(Self {
            db,
            database,
            backend,
        }));
    }

    /// Runs statements in one transaction of the house.
    pub async fn run(&self, sql: &str) -> Result<(), DbError> {
        let sql = sql.to_owned();
        self.db
            .write(move |conn| match conn {
                Conn::Sqlite(conn) => conn.batch_execute(&sql).map_err(DbError::from),
                Conn::Postgres(conn) => conn.batch_execute(&sql).map_err(DbError::from),
            })
            .await
    }

    /// The SQL literal of the `n`th id of this test.
    pub fn id(&self, n: u32) -> String {
        let uuid = uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(n));
        match self.backend {
            Backend::Sqlite => format!("X'{}'", uuid.simple()),
            Backend::Postgresql => format!("'{uuid}'"),
        }
    }
}
