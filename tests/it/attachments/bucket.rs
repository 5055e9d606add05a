//! Files that are kept in a bucket (F4): what is told of the folder, and what a network and several processes add to it.

use std::sync::Arc;

use casebell::domain::attachment::LARGEST;
use serde_json::Value;

use super::pages::{field, sends_form};
use super::{content, id, kept, of_a_case, sends, sent, writes};
use crate::support::database::{Backend, TestDatabase};
use crate::support::desk::Desk;
use crate::support::installation::Installation;
use crate::support::person::{Asking, high};
use crate::support::process::{Process, run};
use crate::support::serving::METRICS_TOKEN;
use crate::support::session::Session;
use crate::support::storage::Storage;

/// Runs each of these stories once on each database, as `name::sqlite` and `name::postgresql`, at a desk with a bucket.
macro_rules! in_a_bucket {
    ($($name:ident: $story:expr),+ $(,)?) => {$(
        mod $name {
            use super::*;

            #[test]
            fn sqlite() {
                with_a_bucket(Backend::Sqlite, $story);
            }

            #[test]
            fn postgresql() {
                with_a_bucket(Backend::Postgresql, $story);
            }
        }
    )+};
}

in_a_bucket! {
    f4_a_file_is_sent_attached_and_handed_out:
        |desk, _| crate::attachments::f4_a_file_is_sent_attached_and_handed_out(desk),
    f4_what_is_too_much_is_refused_at_once:
        |desk, _| crate::attachments::f4_what_is_too_much_is_refused_at_once(desk),
    f4_a_part_is_handed_out_and_what_is_known_is_not:
        |desk, _| crate::attachments::f4_a_part_is_handed_out_and_what_is_known_is_not(desk),
    f4_a_request_that_is_repeated_sends_one_file:
        |desk, _| crate::attachments::f4_a_request_that_is_repeated_sends_one_file(desk),
    f4_pages_attach_in_one_act:
        |desk, _| crate::attachments::pages::f4_pages_attach_in_one_act(desk),
    f4_a_refused_form_keeps_its_files:
        |desk, _| crate::attachments::pages::f4_a_refused_form_keeps_its_files(desk),
    f4_the_same_bytes_are_there_once: the_same_bytes_are_there_once,
    f4_a_long_file_comes_back_whole: a_long_file_comes_back_whole,
    f4_what_nobody_names_is_swept_away: what_nobody_names_is_swept_away,
    f4_a_storage_that_is_away_takes_no_file_and_loses_none: a_storage_that_is_away,
}

fn with_a_bucket<F: Future<Output = ()>>(
    backend: Backend,
    story: impl FnOnce(Desk, Arc<Storage>) -> F,
) {
    let Some(storage) = Storage::start().filter(|_| backend.is_available()) else {
        return;
    };
    let settings = storage.settings();
    let storage = Arc::new(storage);
    let settings = settings
        .each_ref()
        .map(|(key, value)| (*key, value.as_str()));
    Desk::for_story_with(backend, &settings, |desk| story(desk, Arc::clone(&storage)));
}

async fn the_same_bytes_are_there_once(desk: Desk, storage: Arc<Storage>) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let first = sent(&dana, &case, "a.txt", b"the same").await;
    let other = sent(&eve, &case, "b.txt", b"the same").await;
    assert_eq!(storage.objects().len(), 1);
    assert!(kept(&desk).is_empty(), "and nothing of them is here");
    // One of them is given up, the other stays whole.
    dana.delete(&format!("/attachments/{first}")).await.done();
    storage.ages();
    desk.works().await;
    assert_eq!(content(&eve, &other).await.text, "the same");
    // What has been there for long may be about to go: it is put there again, and the older one goes.
    let old = storage.objects();
    sent(&dana, &case, "c.txt", b"the same").await;
    assert_eq!(storage.objects().len(), 2);
    desk.works().await;
    let left = storage.objects();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_ne!(left, old);
    assert_eq!(content(&eve, &other).await.text, "the same");
}

async fn a_long_file_comes_back_whole(desk: Desk, storage: Arc<Storage>) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let large: Vec<u8> = (b"a line of a log\n".iter().copied().cycle())
        .take(LARGEST)
        .collect();
    let file = sent(&dana, &case, "large.log", &large).await;
    let objects = storage.objects();
    assert_eq!(objects.len(), 1, "{objects:?}");
    let whole = content(&dana, &file).await;
    assert_eq!(whole.status, 200);
    assert!(whole.text.as_bytes() == large, "it has changed on its way");
}

async fn what_nobody_names_is_swept_away(desk: Desk, storage: Arc<Storage>) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let file = sent(&dana, &case, "kept.txt", b"kept").await;
    writes(&dana, &case, &[&file]).await.created();
    // As a process leaves it that is killed before the row is written.
    let orphan = storage.puts(&format!("attachments/{}/1", "ab".repeat(32)), b"orphan");
    desk.works().await;
    assert!(orphan.exists(), "it may be about to be named");
    storage.ages();
    // A backup is being made.
    let held = storage.puts("held/1", b"held");
    desk.works().await;
    assert!(orphan.exists(), "the backup may name it");
    std::fs::remove_file(held).expect("removed");
    desk.works().await;
    assert!(!orphan.exists());
    assert_eq!(content(&dana, &file).await.text, "kept");
    // A file that is given up goes too.
    let given_up = sent(&dana, &case, "pending.txt", b"pending").await;
    dana.delete(&format!("/attachments/{given_up}"))
        .await
        .done();
    storage.ages();
    desk.works().await;
    assert_eq!(storage.objects().len(), 1);
}

/// What those who run the desk are told of its storage.
async fn reached(desk: &Desk) -> Value {
    let request = desk.client().get(desk.page("/readyz"));
    let request = request.bearer_auth(METRICS_TOKEN);
    Asking::new("/readyz".into(), request).await.ok()["attachments"].take()
}

async fn a_storage_that_is_away(desk: Desk, storage: Arc<Storage>) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let file = sent(&dana, &case, "a.txt", b"a").await;
    writes(&dana, &case, &[&file]).await.created();
    assert_eq!(reached(&desk).await, "ok");
    let session = Session::of(&desk, &dana).await;
    let page = session.page(&format!("/cases/{}", case.number)).await;
    storage.goes_away();

    let before = desk.rows();
    let refused = sends(&dana, &case, "b.txt", b"b").await;
    refused.refused(503, "storage_unavailable");
    desk.is_unchanged_since(&before, "a file that is not kept");
    // What was written beside the file is still there.
    let csrf = field(&page, "csrf_token");
    let fields = [
        ("csrf_token", csrf.as_str()),
        ("body", "What I typed"),
        ("visibility", "public"),
    ];
    let path = format!("/cases/{}/feed", case.number);
    let refused = sends_form(&session, &desk, &path, &fields, &[("b.txt", b"b")]).await;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.text.contains("What I typed"), "{refused:?}");
    let opened = session.page(&format!("/attachments/{file}")).await;
    assert_eq!(opened.status, 503, "{opened:?}");
    content(&dana, &file)
        .await
        .refused(503, "storage_unavailable");
    // Cases go on, and so does every process.
    dana.writes(&case, "Without a file.").await;
    desk.works().await;
    assert_eq!(reached(&desk).await, "unavailable");

    storage.comes_back();
    assert_eq!(content(&dana, &file).await.text, "a");
    assert_eq!(reached(&desk).await, "ok");
    let done = sends_form(&session, &desk, &path, &fields, &[("b.txt", b"b")]).await;
    assert_eq!(done.status, 303, "{done:?}");
    assert_eq!(storage.objects().len(), 2);
}

#[test]
fn f4_a_backup_brings_a_bucket_back_on_sqlite() {
    Installation::for_story(Backend::Sqlite, |desk| brought_back(Backend::Sqlite, desk));
}

#[test]
fn f4_a_backup_brings_a_bucket_back_on_postgresql() {
    Installation::for_story(Backend::Postgresql, |desk| {
        brought_back(Backend::Postgresql, desk)
    });
}

async fn brought_back(backend: Backend, desk: Installation) {
    let Some(storage) = Storage::start() else {
        return;
    };
    let own = storage.settings();
    let with = |url: &str| -> Vec<(&'static str, String)> {
        let own = own.iter().cloned();
        own.chain([("CASEBELL_DATABASE_URL", url.to_owned())])
            .collect()
    };
    let succeeds = |desk: &Installation, arguments: &[&str]| {
        let settings = with(&desk.database.url());
        let output =
            tokio::task::block_in_place(|| run(desk.folder(), &named(&settings), arguments));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let settings = with(&desk.database.url());
    let server = Process::serve(desk.folder(), &named(&settings));
    let file = of_a_case(&desk, &server).await;
    let at = |name: &str| desk.folder().join(name).display().to_string();
    let (whole, rows) = (at("whole.tar.gz"), at("rows.tar.gz"));
    let said = succeeds(&desk, &["backup", &whole]);
    assert!(said.contains("1 attached file"), "{said}");
    let said = succeeds(&desk, &["backup", &rows, "--without-attachments"]);
    assert!(said.contains("left out"), "{said}");
    assert_eq!(storage.objects().len(), 1, "nothing holds it any more");
    drop(server);
    storage.loses_all();

    let elsewhere = desk.over(TestDatabase::create(backend, None));
    succeeds(&elsewhere, &["restore", &whole]);
    assert_eq!(storage.objects().len(), 1);
    let settings = with(&elsewhere.database.url());
    let server = Process::serve(elsewhere.folder(), &named(&settings));
    let path = format!("/attachments/{}/content", id(&file));
    let answer = elsewhere.reading(&server, &path).send().await;
    let bytes = answer.expect("an answer").text().await;
    assert_eq!(bytes.expect("a text"), "the bytes");
    drop(server);
    // Of one that was made without them it is said where they have to be.
    let third = elsewhere.over(TestDatabase::create(backend, None));
    let said = succeeds(&third, &["restore", &rows]);
    assert!(said.contains("the bucket casebell-files"), "{said}");
}

fn named<'a>(settings: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    let named = settings.iter().map(|(key, value)| (*key, value.as_str()));
    named.collect()
}
