//! Records on their way from the file to the writer: read, checked by themselves, and with all that can be made of them without
//! it, so that whoever waits for the writer does not wait for that too.

use std::collections::HashMap;
use std::io::{self, BufRead};

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::record::{CaseRecord, Record};
use crate::cli::import::ImportError;
use crate::cli::import::lines::Lines;
use crate::cli::import::report::{Fault, Kind, Refusal};
use crate::credentials::Hasher;
use crate::db::{Db, DbError};
use crate::domain::feed::Feed;
use crate::domain::text::{EmailAddress, Slug, folded};
use crate::store::feeds::Made;
use crate::store::people::display_name;
use crate::store::{cases, imports};

/// How much text one batch takes at most, but for its last line.
const BYTES: u64 = 4 << 20;

/// A record, where it stood, and what had to be made of it before it can be written.
#[derive(Debug)]
pub struct Prepared {
    /// The number of its line.
    pub line: u64,
    /// What it says.
    pub record: Record,
    /// The hash of a new person's password.
    pub password_hash: Option<String>,
    /// By what a case is known again when the file is loaded again; its number, if there is none.
    pub external_id: Option<String>,
    /// What is made of a new case's words.
    pub words: Option<Words>,
}

/// What is made of the words of a case, and of those of each entry of its feed.
#[derive(Clone, Debug)]
pub struct Words {
    /// What a search looks through of its subject and description.
    pub search_words: String,
    /// Of each entry, in the order of the line.
    pub entries: Vec<Made>,
}

impl Words {
    /// What is made of a case.
    pub fn of(case: &CaseRecord) -> Self {
        let entries = case.feed.iter();
        Self {
            search_words: cases::search_words(case.subject.as_str(), case.description.as_str()),
            entries: entries
                .map(|entry| Made::of(Feed::Case, entry.visibility, entry.body.as_str()))
                .collect(),
        }
    }
}

/// What is read at once, and written in one transaction, or in several where somebody waits.
#[derive(Debug)]
pub struct Batch {
    /// What is to be loaded, in the order of its lines.
    pub records: Vec<Prepared>,
    /// The lines between them that cannot be read.
    pub refused: Vec<Refusal>,
    /// To how many rows the records come, about.
    pub rows: usize,
    /// How far the file is read with it, in bytes.
    pub read: u64,
    /// Whether the file ends with it.
    pub is_last: bool,
}

/// Reads records.
#[derive(Debug)]
pub struct Reader<R> {
    lines: Lines<R>,
    identities: Identities,
    named: FirstNamed,
}

impl<R: BufRead> Reader<R> {
    /// Reads from the start of `input`.
    pub fn new(input: R) -> Self {
        Self {
            lines: Lines::new(input),
            identities: Identities::default(),
            named: FirstNamed::default(),
        }
    }

    /// Reads on, until there are records for so many rows.
    ///
    /// # Errors
    /// The file's own.
    pub fn batch(&mut self, rows: usize) -> io::Result<Batch> {
        let Self {
            lines,
            identities,
            named,
        } = self;
        let from = lines.bytes();
        let mut batch = Batch {
            records: Vec::new(),
            refused: Vec::new(),
            rows: 0,
            read: from,
            is_last: false,
        };
        while batch.rows < rows && lines.bytes() - from < BYTES {
            let Some(line) = lines.next()? else {
                batch.is_last = true;
                break;
            };
            let number = line.number;
            let parsed = match line.text {
                Ok(text) => Record::parse(text).and_then(|record| {
                    named.check(&record, number)?;
                    Ok(Prepared {
                        line: number,
                        external_id: identities.of(&record, text),
                        record,
                        password_hash: None,
                        words: None,
                    })
                }),
                Err(unreadable) => Err((Kind::Line, vec![Fault::line(unreadable.to_string())])),
            };
            match parsed {
                Ok(prepared) => {
                    batch.rows += prepared.record.rows();
                    batch.records.push(prepared);
                }
                Err((record, faults)) => batch.refused.push(Refusal {
                    line: number,
                    record,
                    faults,
                }),
            }
        }
        batch.read = lines.bytes();
        Ok(batch)
    }
}

/// Gives cases with neither `external_id` nor number a name that is the same when the same line is loaded again. Lines that say the same
/// within one file are as many cases: the second of them is called the second.
#[derive(Debug, Default)]
struct Identities {
    seen: HashMap<[u8; 32], u64>,
}

impl Identities {
    fn of(&mut self, record: &Record, text: &str) -> Option<String> {
        match record {
            Record::Case(case) => match (&case.external_id, case.number) {
                (Some(id), _) => Some(id.to_string()),
                (None, Some(_)) => None,
                (None, None) => Some(self.of_text(text)),
            },
            _ => None,
        }
    }

    fn of_text(&mut self, text: &str) -> String {
        // The same record written in another order of fields is the same record.
        let canonical = serde_json::from_str::<serde_json::Value>(text)
            .map_or_else(|_| text.to_owned(), |value| value.to_string());
        let hash: [u8; 32] = Sha256::digest(canonical.as_bytes()).into();
        let times = self.seen.entry(hash).or_default();
        *times += 1;
        format!("casebell:{}:{times}", hex::encode(&hash[..16]))
    }
}

/// What the file calls each organization and each person where it first names them. A later line of the same slug or
/// address is the same one said again, unless it has another name: then it is somebody else, who would be lost in the first.
#[derive(Debug, Default)]
struct FirstNamed {
    organizations: HashMap<Slug, (u64, String)>,
    people: HashMap<EmailAddress, (u64, String)>,
}

impl FirstNamed {
    fn check(&mut self, record: &Record, line: u64) -> Result<(), (Kind, Vec<Fault>)> {
        let (field, key, name, known) = match record {
            Record::Organization(record) => {
                let name = record.name.to_string();
                let entry = self.organizations.entry(record.slug.clone());
                let known = entry.or_insert_with(|| (line, name.clone()));
                ("slug", record.slug.as_str(), name, known)
            }
            Record::User(record) => {
                let name = display_name(record.first_name.as_str(), record.last_name.as_str());
                let entry = self.people.entry(record.email.clone());
                let known = entry.or_insert_with(|| (line, name.clone()));
                ("email", record.email.as_str(), name, known)
            }
            _ => return Ok(()),
        };
        let (first, called) = known;
        if folded(called) == folded(&name) {
            return Ok(());
        }
        let reason = format!("line {first} gives {key} to “{called}”, and this is “{name}”");
        Err((record.kind(), vec![Fault::of(field, reason)]))
    }
}

/// Makes of people and cases that are not here yet what is long work: the hashes of passwords, and what is made of words. What is
/// here already needs neither.
///
/// # Errors
/// If the database fails, or a password cannot be hashed.
pub async fn make_ready(db: &Db, records: &mut [Prepared]) -> Result<(), ImportError> {
    let emails: Vec<EmailAddress> = records
        .iter()
        .filter_map(with_password)
        .map(|(email, _)| email)
        .collect();
    let external_ids: Vec<String> = records
        .iter()
        .filter_map(|prepared| prepared.external_id.clone())
        .collect();
    let (people, cases) = db
        .read(move |conn| {
            let people = imports::known_people(conn, &emails)?;
            let cases = imports::known_cases(conn, &external_ids)?;
            Ok::<_, DbError>((people, cases))
        })
        .await?;
    for prepared in records.iter_mut() {
        let external_id = prepared.external_id.as_ref();
        let words = match &prepared.record {
            Record::Case(case) if external_id.is_none_or(|id| !cases.contains_key(id)) => {
                Some(Words::of(case))
            }
            _ => None,
        };
        prepared.words = words;
    }
    let due = records
        .iter_mut()
        .filter_map(|prepared| {
            let (email, password) = with_password(prepared)?;
            (!people.contains(&email)).then_some((&mut prepared.password_hash, password))
        })
        .collect();
    hash_passwords(due)
}

fn with_password(prepared: &Prepared) -> Option<(EmailAddress, SecretString)> {
    match &prepared.record {
        Record::User(user) => user
            .password
            .clone()
            .map(|password| (user.email.clone(), password)),
        _ => None,
    }
}

/// Hashes passwords on all processors and away from the writer: each takes tens of milliseconds.
fn hash_passwords(mut due: Vec<(&mut Option<String>, SecretString)>) -> Result<(), ImportError> {
    if due.is_empty() {
        return Ok(());
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = due.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = due
            .chunks_mut(share)
            .map(|share| {
                scope.spawn(move || {
                    let mut hasher = Hasher::default();
                    for (hash, password) in share {
                        **hash = Some(hasher.hash(password.expose_secret())?);
                    }
                    Ok(())
                })
            })
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|_| Err(ImportError::Hashing)))
    })
}
