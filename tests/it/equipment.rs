//! The equipment itself: what the stories stand on must hold.

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use fantoccini::Locator;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::browser::{Browser, Engine, Scripts};
use crate::support::database::Backend;
use crate::support::postgres;
use crate::support::smtp::{CREDENTIALS, MailServer, Mood, Protection};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    text: String,
}

#[test]
fn a_database_on_postgresql_is_a_copy_of_its_template() {
    if !Backend::Postgresql.is_available() {
        return;
    }
    let server = postgres::server().expect("available");
    let template = server.create(None);
    template
        .connect()
        .batch_execute("CREATE TABLE words AS SELECT 'bell' AS text")
        .expect("created");
    let copy = server.create(Some(&template));
    let mut conn = copy.connect();
    let rows: Vec<Row> = sql_query("SELECT text FROM words")
        .load(&mut conn)
        .expect("the table is there");
    assert_eq!(rows[0].text, "bell");

    copy.close_to_all();
    assert!(
        sql_query("SELECT 1").execute(&mut conn).is_err(),
        "the connection was broken"
    );
    assert!(
        diesel::Connection::establish(&copy.url())
            .map(|_: diesel::PgConnection| ())
            .is_err()
    );
    copy.open_to_all();
    assert_eq!(copy.connect().batch_execute("SELECT 1"), Ok(()));
}

fn letter() -> Message {
    Message::builder()
        .from("desk@casebell.test".parse().expect("an address"))
        .to("dana@acme.test".parse().expect("an address"))
        .subject("The bell")
        .body("It rang.\n.\n".to_owned())
        .expect("a letter")
}

fn client(server: &MailServer, protection: Protection) -> SmtpTransport {
    let builder = SmtpTransport::builder_dangerous("localhost").port(server.port());
    let parameters = || {
        let authority = Certificate::from_pem(server.authority.as_bytes()).expect("a certificate");
        TlsParameters::builder("localhost".to_owned())
            .add_root_certificate(authority)
            .build()
            .expect("parameters")
    };
    let credentials = Credentials::from(CREDENTIALS);
    match protection {
        Protection::None => builder.build(),
        Protection::StartTls => builder
            .tls(Tls::Required(parameters()))
            .credentials(credentials)
            .build(),
        Protection::Implicit => builder
            .tls(Tls::Wrapper(parameters()))
            .credentials(credentials)
            .build(),
    }
}

#[test]
fn the_mail_server_takes_letters_over_every_kind_of_connection() {
    for protection in [Protection::None, Protection::StartTls, Protection::Implicit] {
        let server = MailServer::start(protection);
        client(&server, protection)
            .send(&letter())
            .unwrap_or_else(|error| panic!("{protection:?}: {error:?}"));
        let letters = server.wait_for(1);
        assert_eq!(letters[0].to, ["dana@acme.test"]);
        assert_eq!(letters[0].encrypted, protection != Protection::None);
        assert_eq!(
            letters[0].signed_in.as_deref(),
            (protection != Protection::None).then_some("desk")
        );
        assert!(
            String::from_utf8_lossy(&letters[0].data).contains("\r\n\r\nIt rang.\r\n.\r\n"),
            "{:?}",
            letters[0]
        );
    }
}

#[test]
fn the_mail_server_refuses_and_goes_down_and_comes_back() {
    let server = MailServer::start(Protection::None);
    let client = client(&server, Protection::None);
    server.set_mood(Mood::Busy);
    assert!(client.send(&letter()).expect_err("busy").is_transient());
    server.set_mood(Mood::Refusing);
    assert!(client.send(&letter()).expect_err("refused").is_permanent());
    server.wait_for_refusals(2);
    server.set_mood(Mood::HangingUp);
    let error = client.send(&letter()).expect_err("hung up");
    assert!(!error.is_permanent() && !error.is_transient(), "{error:?}");
    assert_eq!(server.wait_for(1).len(), 1);
    server.set_mood(Mood::Accepting);
    server.go_down();
    assert!(client.send(&letter()).is_err());
    server.come_back();
    client.send(&letter()).expect("back");
    assert_eq!(server.wait_for(2).len(), 2);
}

#[tokio::test]
async fn chromium_runs_scripts_unless_told_not_to() {
    runs_scripts_unless_told_not_to(Engine::Chromium).await;
}

#[tokio::test]
async fn firefox_runs_scripts_unless_told_not_to() {
    runs_scripts_unless_told_not_to(Engine::Firefox).await;
}

async fn runs_scripts_unless_told_not_to(engine: Engine) {
    for (scripts, title) in [(Scripts::On, "on"), (Scripts::Off, "off")] {
        let Some(browser) = Browser::at_hand(engine, scripts).await else {
            return;
        };
        let page = "data:text/html,<title>off</title><h1>Casebell</h1><script>document.title='on'</script>";
        browser.client.goto(page).await.expect("the page opens");
        let heading = browser
            .client
            .find(Locator::Css("h1"))
            .await
            .expect("a heading");
        assert_eq!(heading.text().await.expect("text"), "Casebell");
        assert_eq!(browser.client.title().await.expect("a title"), title);
        browser.close().await;
    }
}

/// That a window has no complaints means something: what goes wrong on a page is heard, and once.
#[tokio::test]
async fn both_browsers_say_what_goes_wrong_on_a_page() {
    for engine in [Engine::Chromium, Engine::Firefox] {
        let Some(browser) = Browser::at_hand(engine, Scripts::On).await else {
            return;
        };
        let page = "<script>throw new Error('cracked')</script>";
        let address = served(page).await;
        browser.goes_to(&address).await;
        let complaints = browser.complaints().await;
        let cracked = complaints.iter().filter(|told| told.contains("cracked"));
        assert_eq!(cracked.count(), 1, "{engine:?}: {complaints:?}");
        let again = browser.complaints().await;
        assert!(
            !again.iter().any(|told| told.contains("cracked")),
            "{engine:?}: {again:?}"
        );
        browser.close().await;
    }
}

/// The address of a page, which is served whatever is asked for there.
async fn served(page: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = client.read(&mut request).await;
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{page}",
                page.len()
            );
            let _ = client.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}/")
}
