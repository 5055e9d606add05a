//! A storage that is spoken to as S3 is: s3s-fs, which checks who asks, and has its objects as files in a folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::folders::folder;
use super::postgres::free_port;
use super::process_guard::{GuardedProcess, ProcessGuard};
use super::{go_without, on_path};

/// Where `.ci/run` puts it; it may also be in `PATH`.
const INSTALLED: &str = "target/s3s-fs/bin/s3s-fs";
const BUCKET: &str = "casebell-files";
const KEY_ID: &str = "casebell";
const SECRET: &str = "key-of-this-storage";

/// A storage with one bucket.
pub struct Storage {
    program: PathBuf,
    folder: TempDir,
    port: u16,
    process: Mutex<Option<GuardedProcess>>,
}

impl Storage {
    /// One that is there; none where there is no such program.
    pub fn start() -> Option<Self> {
        let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join(INSTALLED);
        let program = match installed.is_file() {
            true => Some(installed),
            false => on_path(&["s3s-fs"]),
        };
        let Some(program) = program else {
            go_without("stories of a bucket", "install s3s-fs as .ci/run does");
            return None;
        };
        let storage = Self {
            program,
            folder: folder("casebell-storage-"),
            port: free_port(),
            process: Mutex::default(),
        };
        fs::create_dir(storage.bucket()).expect("a bucket");
        storage.comes_back();
        Some(storage)
    }

    /// Serves, on the port that it always has.
    pub fn comes_back(&self) {
        let mut command = Command::new(&self.program);
        command
            .env("RUST_LOG", "s3s_fs=info")
            .args(["--host", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--access-key", KEY_ID, "--secret-key", SECRET])
            .arg(self.folder.path());
        let mut process = GuardedProcess::spawn(&command, ProcessGuard::default());
        process
            .wait_for_line(|line| line.contains("server is running").then_some(()))
            .expect("a storage");
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = Some(process);
    }

    /// Is killed.
    pub fn goes_away(&self) {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        process.take().expect("it serves").end_with("KILL");
    }

    /// What a desk is told of it.
    pub fn settings(&self) -> [(&'static str, String); 5] {
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        [
            ("CASEBELL_ATTACHMENTS_S3_BUCKET", BUCKET.to_owned()),
            ("CASEBELL_ATTACHMENTS_S3_ENDPOINT", endpoint),
            ("CASEBELL_ATTACHMENTS_S3_ALLOW_HTTP", "true".to_owned()),
            ("CASEBELL_ATTACHMENTS_S3_ACCESS_KEY_ID", KEY_ID.to_owned()),
            (
                "CASEBELL_ATTACHMENTS_S3_SECRET_ACCESS_KEY",
                SECRET.to_owned(),
            ),
        ]
    }

    /// The objects in the bucket.
    pub fn objects(&self) -> Vec<PathBuf> {
        fn within(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    within(&path, found);
                } else {
                    found.push(path);
                }
            }
        }
        let mut found = Vec::new();
        within(&self.bucket(), &mut found);
        found
    }

    /// Puts an object there, past the desk.
    pub fn puts(&self, key: &str, bytes: &[u8]) -> PathBuf {
        let path = self.bucket().join(key);
        let folder = path.parent().expect("a folder");
        fs::create_dir_all(folder).expect("a folder");
        fs::write(&path, bytes).expect("written");
        path
    }

    /// Makes objects look as if they had been there for hours.
    pub fn ages(&self) {
        for path in self.objects() {
            let file = File::options().write(true).open(path).expect("a file");
            let hours = Duration::from_secs(5 * 60 * 60);
            file.set_modified(SystemTime::now() - hours).expect("aged");
        }
    }

    /// Loses everything.
    pub fn loses_all(&self) {
        fs::remove_dir_all(self.bucket()).expect("removed");
        fs::create_dir(self.bucket()).expect("a bucket");
    }

    fn bucket(&self) -> PathBuf {
        self.folder.path().join(BUCKET)
    }
}
