//! Folders of stories: in memory where there is room, for a disk that has to keep whatever is committed takes longer than everything
//! else that most stories ask of a database. What is written there outlasts a killed process, as on a disk.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;

use tempfile::{Builder, TempDir};

/// What removes the folder around all of them when its standard input ends, which is when this process does, in whichever way.
const SWEEPER: &str = r#"cat >/dev/null; rm -rf -- "$1""#;

/// The folder around the folders of this run.
struct Around {
    path: PathBuf,
    _sweeper: Option<ChildStdin>,
}

/// A folder, gone with what is given.
pub fn folder(prefix: &str) -> TempDir {
    let path = around().map_or_else(std::env::temp_dir, |around| around.path.clone());
    let made = Builder::new().prefix(prefix).tempdir_in(path);
    made.expect("a folder")
}

/// Where a folder is in memory, if there is room; where others are, otherwise.
pub fn place() -> PathBuf {
    const MEMORY: &str = "/dev/shm";
    const ROOM: u64 = 2 << 30;
    let has_room = rustix::fs::statvfs(MEMORY)
        .is_ok_and(|there| there.f_bavail.saturating_mul(there.f_frsize) >= ROOM);
    match has_room {
        true => PathBuf::from(MEMORY),
        false => std::env::temp_dir(),
    }
}

/// Some are kept until the process ends, and nothing is dropped then; in memory nobody would find them.
fn around() -> Option<&'static Around> {
    static AROUND: OnceLock<Option<Around>> = OnceLock::new();
    AROUND
        .get_or_init(|| {
            let folder = Builder::new()
                .prefix("casebell-stories-")
                .tempdir_in(place());
            let path = folder.ok()?.keep();
            let mut sweeper = Command::new("sh");
            sweeper
                .args(["-c", SWEEPER, "sweeper"])
                .arg(&path)
                .stdin(Stdio::piped())
                // Control-C ends the test binary alone.
                .process_group(0);
            Some(Around {
                path,
                _sweeper: sweeper.spawn().ok().and_then(|child| child.stdin),
            })
        })
        .as_ref()
}
