//! A bucket of a storage that is spoken to as S3 is (AWS, MinIO, Ceph, Garage, R2, …).
//!
//! Each time that bytes are put there they get a key of their own below their hash, and no key is ever written twice. So whoever
//! sweeps takes away exactly what they have seen, and never what somebody has put there since: no lock has to reach all the
//! processes of a desk. Bytes that were put there a short while ago are not sent again, and of those that are there twice all but
//! one go after a while.

mod sweep;
mod way;

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as Key;
use object_store::{
    BackoffConfig, GetOptions, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, RetryConfig,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use url::Url;
use uuid::Uuid;

use super::content::ContentHash;
use super::draft::Received;
use super::folder::Folder;
use super::look::SPARED;
use crate::blocking::on_disk;
use crate::private_files;
use way::Way;

/// How the keys of files begin.
const FILES: &str = "attachments";
/// How long the answer to a short request may take, repetitions and all.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How long a part may take to be sent.
const SENT_WITHIN: Duration = Duration::from_secs(60);
/// For how long nothing may come of what is read.
const STALLED_FOR: Duration = Duration::from_secs(30);
/// How much is sent, and held, at a time: the least that parts of an object have.
const PART: u64 = 5 * 1024 * 1024;
/// How many files a process sends at once.
const SENDING: usize = 8;

/// Where a bucket is, and who may use it.
#[derive(Clone, Debug)]
pub struct BucketAddress {
    /// What it is called.
    pub bucket: String,
    /// Where its storage says that it is.
    pub region: String,
    /// The storage's own address; AWS's of the region if none.
    pub endpoint: Option<Url>,
    /// Whether its name is a part of the path, and not of the host.
    pub path_style: bool,
    /// By which name the desk is known there.
    pub access_key_id: String,
    /// What proves it.
    pub secret_access_key: SecretString,
}

/// A bucket. Cheap to clone.
#[derive(Clone)]
pub(super) struct Bucket {
    objects: AmazonS3,
    name: String,
    /// Where files are written to the side until they are sent.
    side: Folder,
    sending: Arc<Semaphore>,
    health: Arc<AtomicU8>,
}

/// An object of a bucket.
#[derive(Debug)]
pub(super) struct Object {
    bucket: Bucket,
    key: Key,
}

/// What is known of a bucket by how it was used last.
const UNKNOWN: u8 = 0;
const REACHED: u8 = 1;
const AWAY: u8 = 2;

impl Bucket {
    /// The one at `address`; nobody is asked for it yet.
    ///
    /// # Errors
    /// The address is none, or this machine trusts no certificates.
    pub fn at(address: &BucketAddress, side: Folder) -> io::Result<Self> {
        let endpoint = address.endpoint.as_ref();
        let plain = endpoint.is_some_and(|endpoint| endpoint.scheme() == "http");
        let way = match plain {
            true => Way::plain(),
            false => Way::encrypted()?,
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&address.bucket)
            .with_region(&address.region)
            .with_access_key_id(&address.access_key_id)
            .with_secret_access_key(address.secret_access_key.expose_secret())
            .with_virtual_hosted_style_request(!address.path_style)
            .with_allow_http(plain)
            // One by one is what every storage can.
            .with_disable_bulk_delete(true)
            .with_retry(RetryConfig {
                backoff: BackoffConfig::default(),
                max_retries: 3,
                retry_timeout: ANSWER_WITHIN,
            })
            .with_http_connector(way);
        if let Some(endpoint) = endpoint {
            builder = builder.with_endpoint(address.host(endpoint));
        }
        Ok(Self {
            objects: builder.build()?,
            name: address.bucket.clone(),
            side,
            sending: Arc::new(Semaphore::new(SENDING)),
            health: Arc::new(AtomicU8::new(UNKNOWN)),
        })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where files are written to the side until they are sent.
    pub const fn side(&self) -> &Folder {
        &self.side
    }

    /// Whether it could be used when somebody used it last.
    pub fn is_reached(&self) -> Option<bool> {
        match self.health.load(Ordering::Relaxed) {
            UNKNOWN => None,
            health => Some(health == REACHED),
        }
    }

    /// Puts a file there, unless it was put there a short while ago; it is durable then.
    pub async fn keep(&self, received: Received) -> io::Result<ContentHash> {
        let hash = received.hash().clone();
        // Half of the time for which it would be spared: its row follows long before the other half is over.
        let is_new = |object: &ObjectMeta| age(object) < SPARED / 2;
        if self.of(&hash).await?.iter().any(is_new) {
            return Ok(hash);
        }
        let turn = self.sending.acquire().await;
        let _turn = turn.map_err(io::Error::other)?;
        let key = Key::from_iter([FILES, hash.as_str(), &Uuid::now_v7().simple().to_string()]);
        let bytes = received.bytes();
        // The file is there until it is sent.
        let (first, rest, received) = on_disk(move || {
            let (first, rest) = part(received.read()?)?;
            Ok((first, rest, received))
        })
        .await?;
        if bytes <= PART {
            let put = (self.objects).put_opts(&key, PutPayload::from(first), PutOptions::default());
            self.within(SENT_WITHIN, put).await?;
        } else {
            self.send_in_parts(&key, first, rest).await?;
        }
        drop(received);
        Ok(hash)
    }

    async fn send_in_parts(&self, key: &Key, first: Bytes, rest: File) -> io::Result<()> {
        let begun = (self.objects).put_multipart_opts(key, PutMultipartOptions::default());
        let mut upload = self.within(ANSWER_WITHIN, begun).await?;
        let sent = self.send_each(upload.as_mut(), first, rest).await;
        if sent.is_err() {
            // Where this fails too, the bucket's own rule for what was begun sees to it.
            let _ = self.within(ANSWER_WITHIN, upload.abort()).await;
        }
        sent
    }

    async fn send_each(
        &self,
        upload: &mut dyn MultipartUpload,
        first: Bytes,
        rest: File,
    ) -> io::Result<()> {
        let (mut bytes, mut rest) = (first, rest);
        while !bytes.is_empty() {
            let sent = upload.put_part(PutPayload::from(bytes));
            self.within(SENT_WITHIN, sent).await?;
            (bytes, rest) = on_disk(move || part(rest)).await?;
        }
        self.within(SENT_WITHIN, upload.complete()).await?;
        Ok(())
    }

    /// Finds a file; gives it with its length.
    pub async fn open(&self, hash: &ContentHash) -> io::Result<(Object, u64)> {
        let found = self.of(hash).await?.pop();
        let found = found.ok_or_else(|| io::Error::from(ErrorKind::NotFound))?;
        let bucket = self.clone();
        let key = found.location;
        Ok((Object { bucket, key }, found.size))
    }

    /// Writes the bytes of a file to `path`, where nothing is yet.
    pub async fn copy_to(&self, hash: &ContentHash, path: &Path) -> io::Result<()> {
        let (object, bytes) = self.open(hash).await?;
        let path = path.to_owned();
        let mut file = on_disk(move || private_files::create_file(&path)).await?;
        let mut pieces = object.pieces(0, bytes);
        while let Some(piece) = pieces.try_next().await? {
            file = on_disk(move || {
                file.write_all(&piece)?;
                Ok(file)
            })
            .await?;
        }
        Ok(())
    }

    /// The objects that are these bytes, the last one last: it is the one that stays.
    async fn of(&self, hash: &ContentHash) -> io::Result<Vec<ObjectMeta>> {
        let below = Key::from_iter([FILES, hash.as_str()]);
        let listed = self.objects.list(Some(&below)).try_collect();
        let mut found: Vec<ObjectMeta> = self.within(ANSWER_WITHIN, listed).await?;
        found.sort_by(|one, other| one.location.cmp(&other.location));
        Ok(found)
    }

    /// What the storage answers, and notes whether it does.
    async fn within<T>(
        &self,
        limit: Duration,
        asked: impl Future<Output = object_store::Result<T>>,
    ) -> io::Result<T> {
        let answer = match timeout(limit, asked).await {
            Ok(answer) => answer.map_err(io::Error::from),
            Err(_) => Err(silent(limit)),
        };
        let health = if answer.is_ok() { REACHED } else { AWAY };
        self.health.store(health, Ordering::Relaxed);
        answer
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bucket").field(&self.name).finish()
    }
}

impl BucketAddress {
    /// The address that requests go to, without the path.
    fn host(&self, endpoint: &Url) -> String {
        let mut endpoint = endpoint.clone();
        if let (false, Some(host)) = (self.path_style, endpoint.host_str()) {
            let host = format!("{}.{host}", self.bucket);
            // An address in numbers takes no name before it; the settings have seen to that.
            let _ = endpoint.set_host(Some(&host));
        }
        endpoint.as_str().trim_end_matches('/').to_owned()
    }
}

impl Object {
    /// The bytes between two places.
    pub fn pieces(self, from: u64, until: u64) -> BoxStream<'static, io::Result<Bytes>> {
        let Self { bucket, key } = self;
        let opened = async move {
            let range = GetOptions::new().with_range(Some(from..until));
            let opened = bucket.objects.get_opts(&key, range);
            let opened = bucket.within(ANSWER_WITHIN, opened).await?;
            Ok::<_, io::Error>(unstalled(opened.into_stream()))
        };
        stream::once(opened).try_flatten().boxed()
    }
}

/// What comes, as long as something does.
fn unstalled(
    pieces: BoxStream<'static, object_store::Result<Bytes>>,
) -> BoxStream<'static, io::Result<Bytes>> {
    stream::try_unfold(pieces, |mut pieces| async move {
        let piece = timeout(STALLED_FOR, pieces.try_next()).await;
        let piece = piece.map_err(|_| silent(STALLED_FOR))??;
        Ok::<_, io::Error>(piece.map(|piece| (piece, pieces)))
    })
    .boxed()
}

/// The next part of a file, and the file.
fn part(file: File) -> io::Result<(Bytes, File)> {
    let mut part = Vec::new();
    (&file).take(PART).read_to_end(&mut part)?;
    Ok((Bytes::from(part), file))
}

/// For how long an object has been there. One of a clock that goes before this one's has just come.
fn age(object: &ObjectMeta) -> Duration {
    let since = SystemTime::now().duration_since(object.last_modified.into());
    since.unwrap_or_default()
}

/// The bytes that an object is, if it is one of a file.
fn content(key: &Key) -> Option<ContentHash> {
    let below = key.as_ref().strip_prefix(FILES)?.strip_prefix('/')?;
    below.split('/').next()?.parse().ok()
}

fn silent(limit: Duration) -> io::Error {
    let why = format!("no answer of the bucket within {} s", limit.as_secs());
    io::Error::new(ErrorKind::TimedOut, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(endpoint: &str, path_style: bool) -> String {
        let endpoint: Url = endpoint.parse().expect("a URL");
        let address = BucketAddress {
            bucket: "files".to_owned(),
            region: "us-east-1".to_owned(),
            endpoint: Some(endpoint.clone()),
            path_style,
            access_key_id: "casebell".to_owned(),
            secret_access_key: SecretString::from("hunter2hunter2"),
        };
        assert!(!format!("{address:?}").contains("hunter2"));
        address.host(&endpoint)
    }

    #[test]
    fn the_name_of_a_bucket_is_in_the_path_or_in_the_host() {
        let s3 = "https://s3.example.com";
        assert_eq!(address(s3, true), s3);
        assert_eq!(address(s3, false), "https://files.s3.example.com");
        assert_eq!(
            address("http://127.0.0.1:9000/", true),
            "http://127.0.0.1:9000"
        );
    }

    #[test]
    fn a_key_says_of_which_bytes_it_is() {
        let hash = "ab".repeat(32);
        let key = Key::from_iter([FILES, &hash, "1"]);
        assert_eq!(content(&key).map(|hash| hash.to_string()), Some(hash));
        assert_eq!(content(&Key::from("attachments/readme")), None);
        assert_eq!(content(&Key::from("others")), None);
    }
}
