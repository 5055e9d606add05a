//! What a page says that depends on who reads it and when: instants, the hidden fields of forms, and where to come back to.

use std::sync::Arc;

use chrono_tz::Tz;
use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError,
    RenderErrorReason,
};
use quick_cache::sync::Cache;
use serde_json::Value as Json;

use crate::domain::Instant;
use crate::http::portal::theme::TimeStyle;
use crate::templates::say::instant;
use crate::templates::{escape_html, text};
use crate::words::Catalogue;
use crate::words::time::Times;

/// The helpers whose text depends on the reader.
pub(super) const NAMES: [&str; 4] = ["time", "csrf", "own-address", "forbidden-files"];

/// How many instants are kept as they stand in the title of a time.
const TITLES: usize = 4096;

/// One such place of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// `{{time at}}` says how far away it is, unless the style says otherwise. The full instant is the title, in the reader's zone.
    Time(Instant, Style),
    /// `{{csrf}}`: the hidden fields of every form that changes something.
    Form,
    /// `{{own-address}}`, the address of this page, and `{{forbidden-files}}`, the endings of names of files that are not taken: a text of
    /// the frame, by its name there.
    Text(&'static str),
}

/// How an instant is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// "20 h 48 min ago".
    Relative,
    /// "today 10:12".
    Near,
    /// "10:12 tomorrow", inside a sentence.
    Clock,
    /// "3 March 2026, 10:12 (Berlin time)".
    Absolute,
    /// How far away, whatever the reader chose.
    Countdown,
}

impl Slot {
    /// What a helper of one of the [`NAMES`] asks for.
    pub(super) fn of(helper: &Helper<'_>) -> Result<Self, RenderError> {
        match helper.name() {
            "time" => Ok(Self::Time(instant(text(helper, 0)?)?, style(helper)?)),
            "csrf" => Ok(Self::Form),
            "own-address" => Ok(Self::Text("address")),
            "forbidden-files" => Ok(Self::Text("forbidden_files")),
            name => Err(RenderErrorReason::Other(format!("no such slot: {name}")).into()),
        }
    }
}

fn style(helper: &Helper<'_>) -> Result<Style, RenderError> {
    let style = helper.hash_get("style");
    match style.map(|style| style.value().as_str().unwrap_or_default()) {
        None => Ok(Style::Relative),
        Some("near") => Ok(Style::Near),
        Some("clock") => Ok(Style::Clock),
        Some("absolute") => Ok(Style::Absolute),
        Some("countdown") => Ok(Style::Countdown),
        Some(other) => {
            Err(RenderErrorReason::Other(format!("no such style of time: {other}")).into())
        }
    }
}

/// Fills slots in one language.
pub(super) struct Slots {
    words: Catalogue,
    /// The beginning of a `time`, which is the same for all in one zone.
    titles: Cache<(Instant, Tz), Arc<str>>,
}

impl Slots {
    pub(super) fn new(words: &Catalogue) -> Self {
        Self {
            words: words.clone(),
            titles: Cache::new(TITLES),
        }
    }

    /// Writes what a slot says on a page, by its frame (see [`Shell`](crate::http::portal::shell::Shell)).
    ///
    /// # Errors
    /// That the page has no frame, and those of the output.
    pub(super) fn fill(&self, slot: Slot, page: &Context, out: &mut dyn Output) -> HelperResult {
        let frame = &page.data()["shell"];
        let said = |name: &str| frame[name].as_str().unwrap_or_default();
        match slot {
            Slot::Time(at, style) => self.tell(at, style, frame, out)?,
            Slot::Form => {
                if let Some(token) = frame["csrf_token"].as_str() {
                    let token = escape_html(token);
                    let key = escape_html(said("form_key"));
                    out.write(&format!(
                        "<input type=\"hidden\" name=\"csrf_token\" value=\"{token}\">\
                         <input type=\"hidden\" name=\"once\" value=\"{key}\">"
                    ))?;
                }
            }
            Slot::Text(name) => out.write(&escape_html(said(name)))?,
        }
        Ok(())
    }

    fn tell(&self, at: Instant, style: Style, frame: &Json, out: &mut dyn Output) -> HelperResult {
        let account = &frame["account"];
        let now = instant(frame["now"].as_str().unwrap_or_default())?;
        let zone = account["zone"].as_str().and_then(|zone| zone.parse().ok());
        let times = Times::new(&self.words, zone.unwrap_or(Tz::UTC), now);
        // Whether they chose to be told dates and times, and not how far away those are.
        let exact = account["time_style"].as_str() == Some(TimeStyle::Exact.as_str());
        let (said, live) = match style {
            Style::Relative | Style::Near if exact => (times.dated(at), ""),
            Style::Relative | Style::Countdown => (times.relative(at), " data-relative"),
            Style::Near => (times.near(at), ""),
            Style::Clock => (times.clock(at), ""),
            Style::Absolute => (times.absolute(at), ""),
        };
        out.write(&self.titled(at, &times))?;
        out.write(live)?;
        out.write(">")?;
        out.write(&escape_html(&said))?;
        Ok(out.write("</time>")?)
    }

    /// The element as it begins: the instant, for a machine and in full.
    fn titled(&self, at: Instant, times: &Times<'_>) -> Arc<str> {
        let begun = || {
            let machine = at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
            let title = escape_html(&times.absolute(at));
            let begun = format!("<time datetime=\"{machine}\" title=\"{title}\"");
            Ok::<_, std::convert::Infallible>(Arc::from(begun))
        };
        match self.titles.get_or_insert_with(&(at, times.zone()), begun) {
            Ok(begun) => begun,
            Err(never) => match never {},
        }
    }
}

/// Fills a slot where it stands.
pub(super) struct Filled(pub(super) Arc<Slots>);

impl HelperDef for Filled {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        self.0.fill(Slot::of(helper)?, context, out)
    }
}
