//! A kept file that is open: read piece by piece, however long it is.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};

use super::bucket::Object;
use crate::blocking::on_disk;

/// How much of a file is read at a time.
const PIECE: u64 = 256 * 1024;

/// A kept file that is open.
#[derive(Debug)]
pub struct Kept {
    bytes: u64,
    source: Source,
}

#[derive(Debug)]
enum Source {
    File(File),
    Object(Object),
}

impl Kept {
    pub(super) const fn file(file: File, bytes: u64) -> Self {
        Self {
            bytes,
            source: Source::File(file),
        }
    }

    pub(super) const fn object(object: Object, bytes: u64) -> Self {
        Self {
            bytes,
            source: Source::Object(object),
        }
    }

    /// How many bytes it has.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The bytes between two places of it.
    pub fn pieces(self, from: u64, until: u64) -> BoxStream<'static, io::Result<Bytes>> {
        let pieces = match self.source {
            _ if from >= until => stream::empty().boxed(),
            Source::File(file) => of_file(file, from, until),
            Source::Object(object) => object.pieces(from, until),
        };
        pieces
            .inspect(|piece| {
                if let Err(error) = piece {
                    tracing::error!(%error, "an attachment broke off while it was read");
                }
            })
            .boxed()
    }
}

/// Read where nobody else waits for it.
fn of_file(file: File, from: u64, until: u64) -> BoxStream<'static, io::Result<Bytes>> {
    stream::try_unfold((file, from), move |(mut file, at)| async move {
        if at >= until {
            return Ok::<_, io::Error>(None);
        }
        let read = on_disk(move || {
            file.seek(SeekFrom::Start(at))?;
            let length = usize::try_from(PIECE.min(until - at)).unwrap_or_default();
            let mut piece = vec![0; length];
            file.read_exact(&mut piece)?;
            Ok((piece, file))
        });
        let (piece, file) = read.await?;
        let next = at + piece.len() as u64;
        Ok(Some((Bytes::from(piece), (file, next))))
    })
    .boxed()
}
