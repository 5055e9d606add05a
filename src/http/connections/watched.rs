//! A stream that knows for whom it waits, and gives up in time.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::body::BoxBody;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::head::TooLarge;
use super::{Connection, End, Endings, GRACE, Late, SLOWEST, handed};

/// In which parts the rest of a body is read whose request is answered, in bytes. It is taken in so that its client gets to
/// read the answer, and thrown away; nobody else's answer is to wait for that.
const PART: usize = 64 * 1024;
/// How long the next of these parts is left where it is.
const PAUSE: Duration = Duration::from_millis(10);

/// A stream whose connection is watched.
pub struct Watched<S> {
    /// None once it is handed over.
    stream: Option<S>,
    connection: Arc<Connection>,
    goes_on: GoesOn<S>,
    /// Whether all that is to be said here is said.
    is_through: bool,
    endings: Arc<Endings>,
    unread: Option<Unread>,
    left_over: LeftOver,
    reading: Timer,
    writing: Timer,
}

/// Takes over a connection with what is still to be said on it.
type GoesOn<S> = fn(S, Arc<Connection>, BoxBody);

/// An answer that the client has not taken yet.
#[derive(Clone, Copy)]
struct Unread {
    since: Instant,
    bytes: usize,
}

/// The rest of a body that is thrown away.
#[derive(Clone, Copy, Default)]
struct LeftOver {
    /// How much of this part is read.
    bytes: usize,
    /// When the next part may be read.
    pause: Option<Instant>,
}

/// Wakes whoever waits when it is too late.
#[derive(Default)]
struct Timer(Option<Pin<Box<Sleep>>>);

impl LeftOver {
    fn take(&mut self, bytes: usize) {
        self.bytes += bytes;
        if self.bytes >= PART {
            self.pause = Some(Instant::now() + PAUSE);
        }
    }
}

impl Timer {
    fn is_over(&mut self, deadline: Instant, context: &mut Context<'_>) -> bool {
        if deadline <= Instant::now() {
            return true;
        }
        let sleep = self
            .0
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
        sleep.as_mut().poll(context).is_ready()
    }

    /// Nobody is waited for. A timer that goes on is soon set again, between two requests; one that is over is kept by a stream
    /// alone that stays.
    fn rest(&mut self) {
        if self.0.as_ref().is_some_and(|sleep| sleep.is_elapsed()) {
            self.0 = None;
        }
    }
}

impl<S> Watched<S> {
    /// Watches `stream`; where one stays on it, `goes_on` takes it over.
    pub fn new(
        stream: S,
        connection: Arc<Connection>,
        endings: Arc<Endings>,
        goes_on: GoesOn<S>,
    ) -> Self {
        Self {
            stream: Some(stream),
            connection,
            goes_on,
            is_through: false,
            endings,
            unread: None,
            left_over: LeftOver::default(),
            reading: Timer::default(),
            writing: Timer::default(),
        }
    }

    /// The connection that it is.
    pub fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }
}

impl<S: Unpin> Watched<S> {
    fn stream(&mut self) -> io::Result<Pin<&mut S>> {
        let stream = self.stream.as_mut().map(Pin::new);
        stream.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl<S: AsyncWrite + Unpin> Watched<S> {
    /// Says why it ends, where no answer is under way that this would be taken for a part of. Nobody waits for it to be
    /// read.
    fn say(&mut self, end: End, context: &mut Context<'_>) {
        if self.unread.is_none() {
            let endings = Arc::clone(&self.endings);
            if let Ok(stream) = self.stream() {
                let _ = stream.poll_write(context, endings.answer(end).as_bytes());
            }
        }
    }

    /// Ends the connection where a head is larger than is taken, once everything before it is answered.
    fn refuse(&mut self, context: &mut Context<'_>) -> Option<Poll<io::Result<()>>> {
        let (too_large, is_its_turn) = self.connection.refused()?;
        if !is_its_turn {
            return Some(Poll::Pending);
        }
        self.say(
            match too_large {
                TooLarge::Line => End::LongAddress,
                TooLarge::Head => End::LargeHead,
            },
            context,
        );
        self.connection.close();
        Some(Poll::Ready(Ok(())))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Watched<S> {
    /// A connection that is given up reads as one that its client has closed.
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.connection.waker.register(context.waker());
        if this.connection.is_closing() {
            if let Some((_, Late::Head)) = this.connection.deadline() {
                this.say(End::Late, context);
            }
            return Poll::Ready(Ok(()));
        }
        if let Some(ended) = this.refuse(context) {
            return ended;
        }
        let is_left_over = this.connection.is_left_over();
        if is_left_over && let Some(next) = this.left_over.pause {
            if !this.reading.is_over(next, context) {
                return Poll::Pending;
            }
            this.left_over = LeftOver::default();
        }
        let before = buffer.filled().len();
        match this.stream()?.poll_read(context, buffer) {
            Poll::Ready(Ok(())) => {
                let taken = this.connection.read(&buffer.filled()[before..]);
                buffer.set_filled(before + taken);
                if is_left_over {
                    this.left_over.take(taken);
                }
                // Nothing read is the end; nothing taken is not, unless it is refused.
                match taken {
                    0 => this.refuse(context).unwrap_or(Poll::Ready(Ok(()))),
                    _ => Poll::Ready(Ok(())),
                }
            }
            Poll::Pending => {
                let Some((deadline, late)) = this.connection.deadline() else {
                    this.reading.rest();
                    return Poll::Pending;
                };
                if !this.reading.is_over(deadline, context) {
                    return Poll::Pending;
                }
                if late == Late::Head {
                    this.say(End::Late, context);
                }
                this.connection.close();
                Poll::Ready(Ok(()))
            }
            failed => failed,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        match this.stream()?.poll_write(context, bytes) {
            Poll::Ready(Ok(written)) => {
                if let Some(unread) = &mut this.unread {
                    unread.bytes += written;
                }
                Poll::Ready(Ok(written))
            }
            Poll::Pending => {
                let unread = this.unread.get_or_insert(Unread {
                    since: Instant::now(),
                    bytes: 0,
                });
                let allowed = GRACE + Duration::from_secs_f64(unread.bytes as f64 / SLOWEST);
                let deadline = unread.since + allowed;
                if this.writing.is_over(deadline, context) {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
                Poll::Pending
            }
            failed => failed,
        }
    }

    /// Called once everything is written.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.stream()?.poll_flush(context))?;
        self.unread = None;
        Poll::Ready(Ok(()))
    }

    /// Called once everything is written; a stream that stays goes on.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.connection.is_handed_over() {
            self.is_through = true;
            return Poll::Ready(Ok(()));
        }
        self.stream()?.poll_shutdown(context)
    }
}

impl<S> Drop for Watched<S> {
    fn drop(&mut self) {
        let rest = handed::take(&self.connection);
        match (rest, self.stream.take()) {
            (Some(rest), Some(stream)) if self.is_through => {
                (self.goes_on)(stream, Arc::clone(&self.connection), rest);
            }
            _ => self.connection.end(),
        }
    }
}
