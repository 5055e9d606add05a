//! `casebell serve`: migrates, serves, and stops when it is told to, with nothing left half done.

use std::time::Duration;

use chrono::TimeDelta;
use sd_notify::NotifyState;
use secrecy::ExposeSecret;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::App;
use crate::clock::Clock;
use crate::config::Settings;
use crate::credentials::{LINK_PREFIX, NewSecret};
use crate::db::{Db, DbError};
use crate::http::Server;
use crate::store::setup_links;
use crate::worker::{Linking, Rhythm};

/// For how long the printed link is good.
const SETUP_LINK_LIFETIME: TimeDelta = TimeDelta::hours(24);

/// How long the end may take, whatever is open: a client that sends a byte a second, a database or a mail server that
/// does not answer. Ten seconds are what service managers grant at the least.
const END_WITHIN: Duration = Duration::from_secs(9);

/// How long the last audited events may take to be sealed.
const LINKED_WITHIN: Duration = Duration::from_secs(1);

/// Serves until SIGTERM or SIGINT; SIGHUP ends nothing.
pub(super) fn run(settings: &Settings) -> anyhow::Result<()> {
    actix_web::rt::System::new().block_on(serve(settings))
}

async fn serve(settings: &Settings) -> anyhow::Result<()> {
    for remark in &settings.remarks {
        tracing::warn!(setting = %remark.key, source = %remark.source, "{}", remark.why);
    }
    let clock = Clock::System;
    let db = Db::open(&settings.database_url.location())?;
    super::migrate::seal(&db, &clock).await?;
    let app = App::bind(settings, db.clone(), clock.clone())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;

    if let Some(link) = setup_link(&db, &clock, &app.server).await? {
        say(&format!(
            "Set up the provider and its first administrator at {link}"
        ));
    }
    let driver = app.drive(Rhythm::default());
    let server = app.server;
    say(&format!("Casebell is ready at {}", server.url()));
    tell_the_manager(NotifyState::Ready);
    let mut hang_up = signal(SignalKind::hangup())?;
    actix_web::rt::spawn(async move {
        while hang_up.recv().await.is_some() {
            tracing::info!("told to read its settings again: they hold until it is started again");
        }
    });

    let stopper = server.stopper();
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    actix_web::rt::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: requests under way are finished");
        tell_the_manager(NotifyState::Stopping);
        end_at_the_latest();
        let _ = stopping.send(());
        stopper.stop().await;
    });
    // The jobs end while the last requests are answered. What those put into the outbox is for the next process.
    let jobs = async {
        if stopped.await.is_ok() {
            driver.stop().await;
        }
    };
    tokio::join!(server.run(), jobs).0?;
    link_the_last_events(&db).await;
    tracing::info!("stopped");
    Ok(())
}

/// What the last requests have written is sealed now rather than when somebody serves again, if the database lets it be done soon.
async fn link_the_last_events(db: &Db) {
    let linking = Linking::new(db.clone());
    match tokio::time::timeout(LINKED_WITHIN, linking.rest()).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => {
            tracing::warn!(%error, "the last audited events are sealed at the next start");
        }
        Err(_) => tracing::warn!("the last audited events are sealed at the next start"),
    }
}

/// Tells systemd, where it started this process and waits for word of it.
fn tell_the_manager(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}

/// A one-time link for an installation that nobody has set up yet. Each start makes a new one and voids the last.
async fn setup_link(db: &Db, clock: &Clock, server: &Server) -> Result<Option<String>, DbError> {
    let secret = NewSecret::with_prefix(LINK_PREFIX);
    let now = clock.now();
    let hash = secret.hash.clone();
    let needed = db
        .write(move |conn| {
            let needed = setup_links::is_needed(conn)?;
            if needed {
                setup_links::issue(conn, &hash, now + SETUP_LINK_LIFETIME, now)?;
            }
            Ok::<_, DbError>(needed)
        })
        .await?;
    Ok(needed.then(|| {
        server
            .url()
            .link(&format!("/setup/{}", secret.text.expose_secret()))
    }))
}

/// Ends the process when the end takes too long. Nothing is lost by it: what is not committed was not acknowledged, and
/// leases expire by themselves.
fn end_at_the_latest() {
    let end = || {
        std::thread::sleep(END_WITHIN);
        tracing::warn!("not everything that is open has ended; it is cut off");
        std::process::exit(0);
    };
    if let Err(error) = std::thread::Builder::new()
        .name("end".to_owned())
        .spawn(end)
    {
        tracing::warn!(%error, "the end may take longer");
    }
}

/// Prints a line. A full disk behind it is no reason not to serve.
fn say(line: &str) {
    if let Err(error) = super::print(line) {
        tracing::warn!(%error, "what is to be read on standard output could not be written there");
    }
}
