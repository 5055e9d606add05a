//! Lines on their way out: those of a few milliseconds are written together.

use std::io::{self, BufWriter, Write};
use std::thread;
use std::time::Duration;

/// How much is gathered at the most, in bytes. What does not fit is written at once.
pub(super) const MOST: usize = 64 * 1024;
/// How long lines are gathered, after some were written.
const FOR: Duration = Duration::from_millis(5);

/// Writes lines for a thread that takes them from a queue, and says [`flush`](Write::flush) when it is empty. The thread rests then.
/// Whoever leaves a line meanwhile need not wake it, which costs more than to make the line. A line after silence is written at once.
pub(super) struct Gathered<W: Write>(BufWriter<W>);

impl<W: Write> Gathered<W> {
    pub(super) fn new(out: W) -> Self {
        Self(BufWriter::with_capacity(MOST, out))
    }
}

impl<W: Write> Write for Gathered<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        let is_empty = self.0.buffer().is_empty();
        let written = self.0.flush();
        // Whoever ends without a line does not wait.
        if !is_empty {
            thread::sleep(FOR);
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Lines;
    use super::*;

    #[test]
    fn what_is_gathered_is_written_when_nothing_waits_any_more() {
        let lines = Lines::default();
        let mut out = Gathered::new(lines.clone());
        for line in ["one\n", "two\n"] {
            out.write_all(line.as_bytes()).unwrap();
        }
        assert_eq!(lines.text(), "");
        out.flush().unwrap();
        assert_eq!(lines.text(), "one\ntwo\n");
    }
}
