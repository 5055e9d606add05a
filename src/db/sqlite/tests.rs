use diesel::prelude::*;
use futures_util::FutureExt;

use super::*;
use crate::db::schema::counters;
use crate::testing::{TestDatabase, open};

fn add(conn: &mut Conn, name: &str, value: i64) -> Result<(), DbError> {
    diesel::insert_into(counters::table)
        .values((counters::name.eq(name), counters::value.eq(value)))
        .execute(conn)?;
    Ok(())
}

fn names(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    let known = ["case", "escalation", "unsealed_case"];
    let names = counters::table
        .filter(counters::name.ne_all(known))
        .order(counters::name)
        .select(counters::name);
    Ok(names.load(conn)?)
}

#[tokio::test]
async fn what_is_answered_is_there_for_readers_and_after_a_restart() {
    let TestDatabase { db, folder } = TestDatabase::new();
    db.write(|conn| add(conn, "a", 1)).await.expect("written");
    assert_eq!(db.read(names).await.expect("read"), ["a"]);
    drop(db);
    assert_eq!(open(folder.path()).read(names).await.expect("read"), ["a"]);
}

#[tokio::test]
async fn what_is_not_to_be_heard_of_wakes_nobody() {
    let TestDatabase {
        db,
        folder: _folder,
    } = TestDatabase::new();
    let mut changes = db.changes();
    let quietly = |conn: &mut Conn| {
        crate::db::unheard();
        add(conn, "a", 1)
    };
    db.write(quietly).await.expect("written");
    assert!(changes.changed().now_or_never().is_none());
    db.write(|conn| add(conn, "b", 1)).await.expect("written");
    assert!(changes.changed().now_or_never().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_or_panics_takes_nothing_of_its_group_with_it() {
    let TestDatabase {
        db,
        folder: _folder,
    } = TestDatabase::new();
    let jobs: Vec<_> = (0..200)
        .map(|number: i64| {
            let db = db.clone();
            tokio::spawn(async move {
                db.write(move |conn| -> Result<(), DbError> {
                    add(conn, &format!("{number:03}"), number)?;
                    match number % 10 {
                        3 => add(conn, "case", 0),
                        7 => panic!("job {number} panics"),
                        _ => Ok(()),
                    }
                })
                .await
            })
        })
        .collect();
    let mut expected = Vec::new();
    for (number, job) in jobs.into_iter().enumerate() {
        match (number % 10, job.await.expect("answered")) {
            (3, Err(error)) => assert!(error.violated_constraint().is_some(), "{error}"),
            (7, Err(DbError::Panicked)) => {}
            (_, Ok(())) => expected.push(format!("{number:03}")),
            (_, other) => panic!("job {number}: {other:?}"),
        }
    }
    assert_eq!(expected.len(), 160);
    assert_eq!(db.read(names).await.expect("read"), expected);
}

/// Long work has its transaction for itself, without a savepoint.
#[tokio::test]
async fn long_work_that_fails_or_panics_is_taken_back_and_others_go_on() {
    let TestDatabase {
        db,
        folder: _folder,
    } = TestDatabase::new();
    let long = db.without_limits();
    long.write(|conn| add(conn, "a", 1)).await.expect("written");
    let refused = long.write(|conn| {
        add(conn, "b", 1)?;
        add(conn, "a", 2)
    });
    let refused = refused.await.expect_err("there is an a");
    assert!(refused.violated_constraint().is_some(), "{refused}");
    let panics = long.write(|conn| -> Result<(), DbError> {
        add(conn, "c", 1)?;
        panic!("long work panics");
    });
    assert!(matches!(panics.await, Err(DbError::Panicked)));
    db.write(|conn| add(conn, "d", 1)).await.expect("written");
    long.write(|conn| add(conn, "e", 1)).await.expect("written");
    assert_eq!(db.read(names).await.expect("read"), ["a", "d", "e"]);
}

/// It ends its transaction then.
#[tokio::test]
async fn long_work_knows_whether_somebody_waits_in_another_process() {
    let TestDatabase { db, folder } = TestDatabase::new();
    let another = Turn::beside(&folder.path().join("casebell.db"));
    let long = db.without_limits();
    let asks = |conn: &mut Conn| Ok::<_, DbError>(crate::db::is_waited_for(conn));
    assert!(!long.write(asks).await.expect("asked"));
    let waited = another.waited_for();
    assert!(long.write(asks).await.expect("asked"));
    drop(waited);
    assert!(!long.write(asks).await.expect("asked"));
}

/// What a savepoint would bring back is more than SQLite keeps in memory where it may use files, and than it writes at once.
#[tokio::test]
async fn much_may_be_changed_in_one_savepoint() {
    const ROWS: usize = 3_000;
    fn change(conn: &mut Conn) -> Result<usize, DbError> {
        let much = counters::table.filter(counters::name.like("a%"));
        let more = diesel::update(much).set(counters::value.eq(counters::value + 1));
        Ok(more.execute(conn)?)
    }
    let TestDatabase { db, folder } = TestDatabase::new();
    let long = "a".repeat(8 << 10);
    let written = db.write(move |conn| {
        let mut rows = 0..ROWS;
        rows.try_for_each(|row| add(conn, &format!("{long}{row}"), 0))
    });
    written.await.expect("written");
    assert_eq!(db.write(change).await.expect("by a job"), ROWS);
    let path = folder.path().join("casebell.db");
    let mut apart = Conn::Sqlite(writer(&path, WRITER_WAITS).expect("a connection"));
    let changed = with_temporary_files(&mut apart, |conn| {
        conn.transaction(|conn| conn.transaction(change))
    });
    assert_eq!(changed.expect("by a migration"), ROWS);
    let refused = db.write(|conn| {
        change(conn)?;
        add(conn, "case", 0)
    });
    assert!(refused.await.is_err());
    let values = db.read(|conn| -> Result<Vec<i64>, DbError> {
        let much = counters::table.filter(counters::name.like("a%"));
        Ok(much.select(counters::value).distinct().load(conn)?)
    });
    assert_eq!(values.await.expect("read"), [2]);
}

#[tokio::test]
async fn the_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let TestDatabase { db, folder } = TestDatabase::new();
    db.write(|conn| add(conn, "a", 1)).await.expect("written");
    let modes = || -> Vec<(String, u32)> {
        let files = std::fs::read_dir(folder.path()).expect("a folder");
        let mut modes: Vec<_> = files
            .map(|file| {
                let file = file.expect("a file");
                let mode = file.metadata().expect("its mode").permissions().mode();
                (
                    file.file_name().into_string().expect("a name"),
                    mode & 0o777,
                )
            })
            .collect();
        modes.sort();
        modes
    };
    let private = [
        "casebell.db",
        "casebell.db-shm",
        "casebell.db-turn",
        "casebell.db-wal",
    ]
    .map(|name| (name.to_owned(), 0o600));
    assert_eq!(modes(), private);
    // What an earlier version left open is closed at the start.
    for (name, _) in private.clone() {
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(folder.path().join(name), open).expect("opened to others");
    }
    let _again = open(folder.path());
    assert_eq!(modes(), private);
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let TestDatabase {
        db,
        folder: _folder,
    } = TestDatabase::new();
    let refused: Result<(), DbError> = db.read(|conn| add(conn, "a", 1)).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("readonly")));
}

#[tokio::test]
async fn all_queries_of_one_read_see_one_state() {
    let TestDatabase {
        db,
        folder: _folder,
    } = TestDatabase::new();
    let writer = db.clone();
    let seen = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let meanwhile = writer.clone();
            db.read(move |conn| -> Result<_, DbError> {
                let before = names(conn)?;
                let writer = meanwhile.clone();
                std::thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_time()
                        .build()
                        .expect("a runtime");
                    runtime
                        .block_on(writer.write(|conn| add(conn, "a", 1)))
                        .expect("written");
                })
                .join()
                .expect("joined");
                Ok((before, names(conn)?))
            })
            .await
        })
    })
    .await
    .expect("joined")
    .expect("read");
    assert_eq!(seen, (vec![], vec![]));
}

#[tokio::test]
async fn what_was_queued_is_written_before_the_database_closes() {
    let TestDatabase { db, folder } = TestDatabase::new();
    let writes: Vec<_> = (0..50)
        .map(|number| {
            let db = db.clone();
            async move {
                db.write(move |conn| add(conn, &format!("{number:02}"), number))
                    .await
            }
        })
        .collect();
    drop(db);
    for outcome in futures_util::future::join_all(writes).await {
        outcome.expect("written");
    }
    assert_eq!(
        open(folder.path()).read(names).await.expect("read").len(),
        50
    );
}

/// What is taken away does not stay in the log because others write without a pause.
#[tokio::test(flavor = "multi_thread")]
async fn a_writer_who_never_rests_does_not_keep_the_log_from_being_emptied() {
    const WORKS: Duration = Duration::from_millis(50);
    let TestDatabase { db, folder } = TestDatabase::new();
    let log = files(&crate::testing::path(folder.path())).nth(1);
    let log = log.expect("a log");
    let restless = Arc::new(AtomicBool::new(true));
    let writers: Vec<_> = (0..2)
        .map(|number: i64| {
            let (db, restless) = (db.clone(), Arc::clone(&restless));
            tokio::spawn(async move {
                let mut written = 0;
                while restless.load(Ordering::SeqCst) {
                    let name = format!("{number} {written}");
                    let write = db.write(move |conn| {
                        let begun = std::time::Instant::now();
                        while begun.elapsed() < WORKS {
                            std::hint::spin_loop();
                        }
                        add(conn, &name, number)
                    });
                    write.await.expect("written");
                    written += 1;
                }
            })
        })
        .collect();
    let keeps = |name: &str| {
        let kept = std::fs::read(&log).expect("a log");
        kept.windows(name.len()).any(|part| part == name.as_bytes())
    };
    let mut kept = Vec::new();
    for number in 0..4 {
        let name = format!("a word that is erased, {number}");
        let erased = name.clone();
        db.write(move |conn| add(conn, &erased, number))
            .await
            .expect("written");
        let erased = name.clone();
        let erases = db.write(move |conn| {
            super::erase_after_commit();
            let row = counters::table.filter(counters::name.eq(&erased));
            Ok::<_, DbError>(diesel::delete(row).execute(conn)?)
        });
        assert_eq!(erases.await.expect("erased"), 1);
        let begun = std::time::Instant::now();
        while keeps(&name) && begun.elapsed() < Duration::from_secs(5) {
            tokio::task::yield_now().await;
        }
        kept.extend(keeps(&name).then_some(name));
    }
    restless.store(false, Ordering::SeqCst);
    for writer in writers {
        writer.await.expect("no panic");
    }
    assert!(kept.is_empty(), "still in the log: {kept:?}");
}
