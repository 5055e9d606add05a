//! A form that is sent twice is done once: by a double click, by going back, by a browser that tries again. The second
//! sending leads to what came of the first.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use serde_json::json;

use super::flash::Flash;
use crate::config::SecretKey;
use crate::db::{Conn, Db};
use crate::domain::Instant;
use crate::http::idempotency::KEPT;
use crate::http::principal::Principal;
use crate::http::problem::{Code, Problem};
use crate::store::idempotency::{self as store, Request, Saved};

/// The field that tells one sending of a form from another: the page's key, which its forms carry.
pub(super) const FIELD: &str = "once";
/// What the installation's key signs a form for.
const PURPOSE: &str = "form of a page";
/// How often the answer to the first sending is looked for, and how long after each other.
const LOOKS: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// Where an answer leads, as it is kept.
const LOCATION: &str = "location";
/// What is told there.
const FLASH: &str = "flash";

/// Nothing is done yet.
const OPEN: u8 = 0;
/// The work is done by this sending.
const DONE: u8 = 1;
/// It was done by an earlier one.
const MET: u8 = 2;

/// A new key for the forms of a page.
pub(super) fn key() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

/// A form as it was sent, with its page's key. The same words sent from the same page are the same sending; whoever went back
/// and changed them sends something else.
#[derive(Clone, Debug)]
pub(super) struct Sending {
    request: Request,
    state: Arc<AtomicU8>,
}

/// Where a form has led.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Led {
    /// To which page; none where it was answered with a page of its own, such as one that shows a secret, once.
    pub to: Option<String>,
    /// What was told there.
    pub flash: Option<Flash>,
}

impl Sending {
    /// What `guest` sent to `path`; none if its form has no key.
    pub(super) fn of(
        key: &SecretKey,
        guest: &Principal,
        path: &str,
        typed: &HashMap<String, String>,
        file: Option<&[u8]>,
    ) -> Option<Self> {
        typed.get(FIELD)?;
        let fields: BTreeMap<_, _> = (typed.iter())
            .filter(|(name, _)| *name != "csrf_token")
            .collect();
        // What is kept of it is signed with a key that is not in the database: nobody who reads the rows can try passwords on it.
        let said = json!([path, guest.organization.id, fields, file.map(hex::encode)]);
        let hash = hex::encode(key.sign(PURPOSE, said.to_string().as_bytes()));
        let request = Request {
            person: guest.actor.id(),
            key: format!("form:{hash}"),
            method: "POST".to_owned(),
            path: path.to_owned(),
            hash,
        };
        Some(Self {
            request,
            state: Arc::new(AtomicU8::new(OPEN)),
        })
    }

    /// Takes the form for this sending, in the transaction that does its work.
    ///
    /// # Errors
    /// It was taken by an earlier one; database errors.
    pub(super) fn claim(&self, conn: &mut Conn, now: Instant) -> Result<(), Problem> {
        // What a form asks for may take more than one transaction.
        if self.is(DONE) {
            return Ok(());
        }
        match store::take(conn, &self.request, now + KEPT, now)? {
            None => Ok(()),
            Some(_) => {
                self.is_now(MET);
                Err(Problem::new(Code::IdempotencyKeyReused))
            }
        }
    }

    /// Notes what came of that transaction.
    pub(super) fn came_to<T>(&self, outcome: &Result<T, Problem>) {
        if outcome.is_ok() {
            self.is_now(DONE);
        }
    }

    /// Whether this sending has done the work.
    pub(super) fn is_done(&self) -> bool {
        self.is(DONE)
    }

    /// Whether an earlier one has.
    pub(super) fn was_met(&self) -> bool {
        self.is(MET)
    }

    /// Keeps where the work has led, with which status.
    ///
    /// # Errors
    /// Database errors.
    pub(super) async fn keep(
        &self,
        db: &Db,
        status: u16,
        to: Option<&str>,
        flash: Option<&str>,
    ) -> Result<(), Problem> {
        let parts = [(LOCATION, to), (FLASH, flash)].into_iter();
        let kept: BTreeMap<String, String> = parts
            .filter_map(|(name, text)| Some((name.to_owned(), text?.to_owned())))
            .collect();
        let request = self.request.clone();
        db.write(move |conn| {
            store::save(conn, &request, status.into(), &kept, "")?;
            Ok(())
        })
        .await
    }

    /// Where an earlier sending has led, if there was one. What has not said so yet is waited for a little.
    ///
    /// # Errors
    /// Database errors.
    pub(super) async fn earlier(&self, db: &Db, now: Instant) -> Result<Option<Led>, Problem> {
        let mut saved = self.saved(db, now).await?;
        for _ in 0..LOOKS {
            if saved.as_ref().is_none_or(|saved| saved.status != 0) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            saved = self.saved(db, now).await?;
        }
        Ok(saved.map(|saved| {
            let kept = saved.headers.0;
            Led {
                to: kept.get(LOCATION).cloned(),
                flash: kept.get(FLASH).and_then(|text| Flash::from_cookie(text)),
            }
        }))
    }

    async fn saved(&self, db: &Db, now: Instant) -> Result<Option<Saved>, Problem> {
        let request = self.request.clone();
        db.read(move |conn| Ok(store::kept(conn, &request, now)?))
            .await
    }

    fn is(&self, state: u8) -> bool {
        self.state.load(Ordering::Acquire) == state
    }

    fn is_now(&self, state: u8) {
        self.state.store(state, Ordering::Release);
    }
}
