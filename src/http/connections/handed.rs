//! Streams that stay, apart from what reads requests. That keeps room for the largest head and a part of an answer on every connection,
//! which a stream that says a word now and then needs neither of. Once such a stream has said what it begins with, its connection is
//! handed over to a small task, which says the rest and is gone when its client is.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::rt::net::TcpStream;
use actix_web::web::Bytes;
use tokio::time::timeout;

use super::{Connection, GRACE, SLOWEST};

thread_local! {
    /// What is still to be said on connections of this thread that are about to be handed over.
    static HANDED: RefCell<HashMap<usize, BoxBody>> = RefCell::default();
}

/// Leaves what is still to be said to whoever takes the connection over; it is left by the thread that serves it.
pub(super) fn leave(connection: &Arc<Connection>, rest: BoxBody) {
    connection.handed_over.store(true, Ordering::Relaxed);
    HANDED.with_borrow_mut(|handed| handed.insert(name(connection), rest));
}

/// What is still to be said on a connection, if that was left.
pub(super) fn take(connection: &Arc<Connection>) -> Option<BoxBody> {
    if !connection.is_handed_over() {
        return None;
    }
    // Nothing is left any more where its thread has come to an end.
    let taken = HANDED.try_with(|handed| handed.borrow_mut().remove(&name(connection)));
    taken.ok().flatten()
}

fn name(connection: &Arc<Connection>) -> usize {
    Arc::as_ptr(connection).addr()
}

/// Goes on with a connection that was handed over.
pub fn go_on(stream: TcpStream, connection: Arc<Connection>, rest: BoxBody) {
    let ends = Ends(connection);
    actix_web::rt::spawn(async move {
        say(&stream, rest).await;
        drop((stream, ends));
    });
}

/// A connection that is gone with this, however that comes.
struct Ends(Arc<Connection>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Says what is still to be said, until that or its client is gone.
async fn say(stream: &TcpStream, mut rest: BoxBody) {
    loop {
        let said = tokio::select! {
            biased;
            () = gone(stream) => return,
            said = poll_fn(|context| std::pin::Pin::new(&mut rest).poll_next(context)) => said,
        };
        let Some(Ok(word)) = said else { return };
        if write(stream, word).await.is_err() {
            return;
        }
    }
}

/// Waits until the client has closed its side. It has nothing more to say; if it does so all the same, that is thrown away.
async fn gone(stream: &TcpStream) {
    while stream.readable().await.is_ok() {
        match read(stream) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

fn read(stream: &TcpStream) -> io::Result<usize> {
    stream.try_read(&mut [0; 512])
}

/// Writes a word; gives up where it is not read in time.
async fn write(stream: &TcpStream, mut word: Bytes) -> io::Result<()> {
    // There is room for nearly every word at once.
    if put(stream, &mut word)? {
        return Ok(());
    }
    let allowed = GRACE + Duration::from_secs_f64(word.len() as f64 / SLOWEST);
    match timeout(allowed, put_all(stream, &mut word)).await {
        Ok(written) => written,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Writes all of it, as there is room.
async fn put_all(stream: &TcpStream, word: &mut Bytes) -> io::Result<()> {
    while !put(stream, word)? {
        stream.writable().await?;
    }
    Ok(())
}

/// Writes as much as there is room for; whether that is all of it.
fn put(stream: &TcpStream, word: &mut Bytes) -> io::Result<bool> {
    while !word.is_empty() {
        match stream.try_write(word) {
            Ok(written) => drop(word.split_to(written)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}
