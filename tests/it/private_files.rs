//! What the desk keeps is for whoever runs it: nobody else on the machine reads rows, mails, keys and logs.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::process::by_script;
use crate::support::process_guard::{GuardedProcess, ProcessGuard};

/// Serves under a umask that gives everything to everybody, until it is ready; what it logs goes into a file.
fn serves_carelessly(data: &Path) {
    let command = by_script("umask 000; exec \"$0\" serve 2>log", data, &[]);
    let mut server = GuardedProcess::spawn(&command, ProcessGuard::default());
    let ready = server.wait_for_line(|line| line.contains("ready").then_some(()));
    ready.unwrap_or_else(|why| panic!("{why}"));
    // Nor do libraries make files for others that nobody here knows of.
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid)).expect("it runs");
    assert!(status.contains("\nUmask:\t0077\n"), "{status}");
    assert_eq!(server.end_with("TERM").code(), Some(0));
}

/// Everything under the folder, itself included, with its mode.
fn modes(path: &Path, modes: &mut BTreeMap<String, u32>) {
    let found = fs::metadata(path).expect("it is there");
    let mode = found.permissions().mode() & 0o777;
    modes.insert(path.display().to_string(), mode);
    if found.is_dir() {
        for entry in fs::read_dir(path).expect("a folder") {
            self::modes(&entry.expect("an entry").path(), modes);
        }
    }
}

#[test]
fn whatever_the_umask_says_and_whatever_was_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("made");
    fs::create_dir(data.join("mail")).expect("made");
    fs::write(data.join("mail/20260303T091400.000000Z-1.eml"), "A link.").expect("written");
    let open_to_all = |path: &Path| {
        let mode = if path.is_dir() { 0o777 } else { 0o666 };
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("opened");
    };
    for again in [false, true] {
        let mut before = BTreeMap::new();
        modes(&data, &mut before);
        before.keys().for_each(|path| open_to_all(Path::new(path)));
        serves_carelessly(&data);
        let mut after = BTreeMap::new();
        modes(&data, &mut after);
        assert!(
            after.keys().any(|path| path.ends_with("secret.key"))
                && after.keys().any(|path| path.ends_with("casebell.db")),
            "{after:?}"
        );
        for (path, mode) in after {
            let right = if Path::new(&path).is_dir() {
                0o700
            } else {
                0o600
            };
            assert_eq!(mode, right, "{path}, started again: {again}");
        }
    }
}
