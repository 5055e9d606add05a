//! The settings of attachments (F4).

use std::io;
use std::path::Path;
use std::time::Duration;

use super::{Reader, bucket};
use crate::attachments::{BucketAddress, Scanner, Store};
use crate::domain::attachment::ForbiddenKinds;

/// Bytes in a GiB.
const GIB: u64 = 1024 * 1024 * 1024;
/// How many GiB the files of an organization may have together unless it is set.
const LIMIT_GIB: u64 = 20;
/// How long a scanner may take unless it is set.
const SCAN_WITHIN: Duration = Duration::from_secs(60);

/// Which files people may attach, how many, and where they are kept.
#[derive(Clone, Debug)]
pub struct AttachmentSettings {
    /// How many bytes the files of one organization have together at the most; 20 GiB unless set.
    pub limit: u64,
    /// Which kinds are not taken; what runs when somebody opens it unless set.
    pub forbidden: ForbiddenKinds,
    /// What looks at every file before it is kept; nothing unless set.
    pub scanner: Option<Scanner>,
    /// The bucket that keeps them; the data directory does unless set.
    pub bucket: Option<BucketAddress>,
}

impl Default for AttachmentSettings {
    fn default() -> Self {
        Self {
            limit: LIMIT_GIB * GIB,
            forbidden: ForbiddenKinds::default(),
            scanner: None,
            bucket: None,
        }
    }
}

impl AttachmentSettings {
    /// Where files are kept.
    ///
    /// # Errors
    /// There can be no way to the bucket.
    pub fn store(&self, data_dir: &Path) -> io::Result<Store> {
        match &self.bucket {
            None => Ok(Store::in_data_dir(data_dir)),
            Some(address) => Store::in_bucket(address, data_dir),
        }
    }

    pub(super) fn read(reader: &mut Reader) -> Self {
        let default = Self::default();
        let within = reader
            .value("attachments_scan_seconds", seconds)
            .unwrap_or(SCAN_WITHIN);
        let command = reader.value("attachments_scanner", command);
        Self {
            limit: reader
                .value("attachments_limit_gib", gib)
                .unwrap_or(default.limit),
            forbidden: reader
                .value("attachments_forbidden", kinds)
                .unwrap_or(default.forbidden),
            scanner: command.map(|command| Scanner { command, within }),
            bucket: bucket::read(reader),
        }
    }
}

fn gib(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(count @ 1..=1_000_000_u64) => Ok(count * GIB),
        _ => Err("not a number of GiB; right would be 1 to 1000000".to_owned()),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(count @ 1..=600) => Ok(Duration::from_secs(count)),
        _ => Err("not a number of seconds; right would be 1 to 600".to_owned()),
    }
}

fn kinds(text: &str) -> Result<ForbiddenKinds, String> {
    text.parse()
        .map_err(|malformed| format!("{malformed}; right would be exe, bat, or none to take all"))
}

/// A program with what comes before the path of the file, as words: no shell reads them.
fn command(text: &str) -> Result<Vec<String>, String> {
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let program = words.first().map(Path::new);
    match program {
        None => Err("names no program; right would be clamdscan --fdpass --no-summary".to_owned()),
        Some(program) if program.is_absolute() && !program.is_file() => Err(format!(
            "there is no {}; right would be the path of a program, or its name",
            program.display()
        )),
        Some(_) => Ok(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_says_what_would_be_right() {
        assert_eq!(gib("20"), Ok(LIMIT_GIB * GIB));
        assert_eq!(seconds("60"), Ok(SCAN_WITHIN));
        assert_eq!(
            command(" scan  --quick "),
            Ok(vec!["scan".to_owned(), "--quick".to_owned()])
        );
        for refused in [
            gib("0").err(),
            gib("much").err(),
            seconds("601").err(),
            kinds("a b").err(),
            command("/no/such/scanner -x").err(),
        ] {
            let why = refused.expect("refused");
            assert!(why.contains("right would be"), "{why}");
        }
    }
}
