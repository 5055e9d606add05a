//! What people's acts cost them, in clicks and in texts to type: counted by the window, and printed when the run is over beside
//! what the first review of the portal counted.

use std::sync::atomic::{AtomicU32, Ordering};

use super::at_end::AtEnd;

/// Something that people do here, with the most that it may cost them.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    /// What is done, from where on.
    pub name: &'static str,
    /// Clicks: links, buttons, choices, ticks.
    pub clicks: u32,
    /// Texts that are typed.
    pub texts: u32,
    /// Clicks and texts as the first review counted them; empty where it did not.
    pub once: (&'static str, &'static str),
}

/// What somebody has done since they began something.
#[derive(Debug, Default)]
pub struct Effort {
    clicks: AtomicU32,
    texts: AtomicU32,
}

/// Prints each line once: a story that runs in several browsers and on several databases says the same.
static TABLE: AtEnd = AtEnd::new(
    r#"
acts=$(sort -u)
printf '\nWhat acts cost (in brackets: as the first review counted):\n%-52s %-14s %s\n%s\n\n' act clicks texts "$acts" >&2
"#,
);

impl Effort {
    /// What was done so far was something else.
    pub fn begin(&self) {
        self.clicks.store(0, Ordering::SeqCst);
        self.texts.store(0, Ordering::SeqCst);
    }

    /// One more click.
    pub fn click(&self) {
        self.clicks.fetch_add(1, Ordering::SeqCst);
    }

    /// One more text.
    pub fn text(&self) {
        self.texts.fetch_add(1, Ordering::SeqCst);
    }

    /// The act is done. It has cost no more than it may.
    #[track_caller]
    pub fn end(&self, act: &Act) {
        let clicks = self.clicks.load(Ordering::SeqCst);
        let texts = self.texts.load(Ordering::SeqCst);
        let beside = |now: u32, once: &str| match once {
            "" => now.to_string(),
            once => format!("{now} ({once})"),
        };
        let (clicked, typed) = (beside(clicks, act.once.0), beside(texts, act.once.1));
        TABLE.tell(&format!("{:<52} {clicked:<14} {typed}", act.name));
        assert!(
            clicks <= act.clicks && texts <= act.texts,
            "“{}” takes {clicks} clicks and {texts} texts now, and took {} and {}",
            act.name,
            act.clicks,
            act.texts
        );
    }
}
