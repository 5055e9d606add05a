//! Objects that nobody names any more are taken away.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use object_store::path::Path as Key;
use object_store::{ObjectMeta, ObjectStore, PutOptions, PutPayload};
use uuid::Uuid;

use super::{ANSWER_WITHIN, Bucket, FILES, age, content};
use crate::attachments::content::ContentHash;
use crate::attachments::look::{Looked, SPARED};

/// How the keys begin of what says that nothing is to be swept.
const HOLDS: &str = "held";
/// After this long whoever held it is gone: they were killed.
const HELD_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// How many objects are looked at for each folder that would be.
const OF_A_FOLDER: usize = 250;

impl Bucket {
    /// What has been for a while among the next objects behind the key `from`, about as many as `folders` have.
    pub async fn look(&self, from: Option<&str>, folders: usize) -> io::Result<Looked> {
        let files = Key::from(FILES);
        let mut listing = match from {
            None => self.objects.list(Some(&files)),
            Some(from) => self
                .objects
                .list_with_offset(Some(&files), &Key::from(from)),
        };
        let most = folders.saturating_mul(OF_A_FOLDER);
        let (mut looked, mut seen) = (Looked::default(), 0);
        // Which of the same bytes is the last one is known when others come.
        let mut last: Option<(ContentHash, ObjectMeta)> = None;
        while let Some(object) = self.within(ANSWER_WITHIN, listing.try_next()).await? {
            let Some(hash) = content(&object.location) else {
                continue;
            };
            let doubled = last.as_ref().is_some_and(|(before, _)| *before == hash);
            if seen >= most && !doubled {
                looked.next = last.as_ref().map(|(_, last)| last.location.to_string());
                break;
            }
            seen += 1;
            if let Some(before) = last.replace((hash, object)) {
                looked.note(before, doubled);
            }
        }
        if let Some(last) = last {
            looked.note(last, false);
        }
        Ok(looked)
    }

    /// Takes away what was looked at and is not `named`, and what is there twice; gives how much. Nothing goes while somebody holds
    /// all of it: who asks which is named asks before that, so that a backup that begins meanwhile does not name it either.
    pub async fn sweep(&self, looked: Looked, named: &BTreeSet<ContentHash>) -> io::Result<usize> {
        let settled = looked.settled.iter().zip(looked.keys);
        let unnamed = settled.filter_map(|(hash, key)| (!named.contains(hash)).then_some(key));
        let gone: Vec<String> = looked.doubled.into_iter().chain(unnamed).collect();
        if gone.is_empty() || self.is_held().await? {
            return Ok(0);
        }
        let gone = gone.into_iter().map(|key| Ok(Key::from(key)));
        let mut taken = self.objects.delete_stream(stream::iter(gone).boxed());
        let mut swept = 0;
        loop {
            match self.within(ANSWER_WITHIN, taken.try_next()).await {
                Ok(Some(_)) => swept += 1,
                Ok(None) => return Ok(swept),
                // Somebody else was first.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Nothing is swept away until what this gives is released, for a day at the most.
    pub async fn hold(&self) -> io::Result<Key> {
        let key = Key::from_iter([HOLDS, &Uuid::now_v7().simple().to_string()]);
        let why = PutPayload::from("Nothing is swept away while this is here.\n");
        let held = self.objects.put_opts(&key, why, PutOptions::default());
        self.within(ANSWER_WITHIN, held).await?;
        Ok(key)
    }

    /// What is nobody's any more may be swept away again.
    pub async fn release(&self, held: Key) -> io::Result<()> {
        let one = stream::once(async move { Ok(held) }).boxed();
        let released = self.objects.delete_stream(one).try_collect::<Vec<Key>>();
        self.within(ANSWER_WITHIN, released).await.map(drop)
    }

    async fn is_held(&self) -> io::Result<bool> {
        let holds = self.objects.list(Some(&Key::from(HOLDS)));
        let holds: Vec<ObjectMeta> = self.within(ANSWER_WITHIN, holds.try_collect()).await?;
        Ok(holds.iter().any(|hold| age(hold) < HELD_FOR))
    }
}

impl Looked {
    /// Notes what has been there for a while.
    fn note(&mut self, (hash, object): (ContentHash, ObjectMeta), is_doubled: bool) {
        if age(&object) < SPARED {
            return;
        }
        let key = object.location.to_string();
        if is_doubled {
            self.doubled.push(key);
        } else {
            self.settled.push(hash);
            self.keys.push(key);
        }
    }
}
