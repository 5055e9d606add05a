//! `kept "parts/entry" this`: a part that is rendered once and kept, for everybody to whom it says the same.
//!
//! It is found by all that it is about, and sees nothing else of the page: who may not see something is given no such thing to
//! begin with. What depends on the reader (see [`Slot`]) is left open in what is kept, and filled in each time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError,
    RenderErrorReason, Renderable,
};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde_json::Value as Json;

use super::controls::named;
use super::slots::{Filled, NAMES, Slot, Slots};
use crate::templates::{present, text};
use crate::words::{Catalogue, markdown};

/// How many bytes of parts are kept in one language.
const MOST: u64 = 8 * 1024 * 1024;
/// Where a slot is in a part that is being rendered. No text can bear it: of a text the first character is escaped, and the
/// sanitizer leaves no element of that name.
const MARK: &str = "<\0>";

/// Adds `kept`, and the helpers that fill slots.
pub(super) fn register(registry: &mut Handlebars<'static>, words: &Catalogue) {
    let slots = Arc::new(Slots::new(words));
    for name in NAMES {
        registry.register_helper(name, Box::new(Filled(Arc::clone(&slots))));
    }
    let parts = Arc::new(Parts::new());
    registry.register_helper("kept", Box::new(Kept { parts, slots }));
}

/// A part that is rendered, but for its slots.
struct Part {
    html: Box<str>,
    /// Where each slot is, in bytes from the beginning.
    slots: Vec<(usize, Slot)>,
}

impl Part {
    /// What was rendered with a mark for each of the slots.
    fn of(rendered: &str, slots: &[Slot]) -> Result<Self, RenderError> {
        let mut html = String::with_capacity(rendered.len());
        let mut places = Vec::with_capacity(slots.len());
        let mut texts = rendered.split(MARK);
        html.push_str(texts.next().unwrap_or_default());
        for text in texts {
            places.push(html.len());
            html.push_str(text);
        }
        if places.len() != slots.len() {
            let why = format!("{} slots at {} places", slots.len(), places.len());
            return Err(RenderErrorReason::Other(why).into());
        }
        Ok(Self {
            html: html.into(),
            slots: places.into_iter().zip(slots.iter().copied()).collect(),
        })
    }

    /// Writes it, and each slot as it is told to.
    fn write(
        &self,
        out: &mut dyn Output,
        mut slot: impl FnMut(Slot, &mut dyn Output) -> HelperResult,
    ) -> HelperResult {
        let mut written = 0;
        for &(place, open) in &self.slots {
            out.write(self.html.get(written..place).unwrap_or_default())?;
            slot(open, out)?;
            written = place;
        }
        Ok(out.write(self.html.get(written..).unwrap_or_default())?)
    }
}

/// Parts by their template and all that they are about.
struct Parts {
    kept: Cache<Box<[u8]>, Arc<Part>, Bytes>,
    /// How often texts had been forgotten when these were kept (see [`markdown::forgotten`]).
    forgotten: AtomicU64,
}

impl Parts {
    fn new() -> Self {
        Self {
            kept: Cache::with_weighter(1024, MOST, Bytes),
            forgotten: AtomicU64::new(markdown::forgotten()),
        }
    }

    /// The part of this name about this value.
    fn part(
        self: &Arc<Self>,
        registry: &Handlebars<'_>,
        name: &str,
        about: &Json,
    ) -> Result<Arc<Part>, RenderError> {
        let mut key = Vec::with_capacity(2048);
        key.extend_from_slice(name.as_bytes());
        key.push(0);
        serde_json::to_writer(&mut key, about).map_err(RenderErrorReason::SerdeError)?;
        let forgotten = markdown::forgotten();
        if self.forgotten.swap(forgotten, Ordering::AcqRel) != forgotten {
            // Nothing of a redacted text stays in memory.
            self.kept.clear();
        }
        if let Some(part) = self.kept.get(key.as_slice()) {
            return Ok(part);
        }
        let part = Arc::new(self.rendered(registry, name, about)?);
        let key: Box<[u8]> = key.into();
        self.kept.insert(key.clone(), Arc::clone(&part));
        if markdown::forgotten() != forgotten {
            self.kept.remove(&key);
        }
        Ok(part)
    }

    fn rendered(
        self: &Arc<Self>,
        registry: &Handlebars<'_>,
        name: &str,
        about: &Json,
    ) -> Result<Part, RenderError> {
        let slots = Arc::new(Mutex::new(Vec::new()));
        let seen = Context::from(about.clone());
        let mut render = RenderContext::new(None);
        for name in NAMES {
            render.register_local_helper(name, Box::new(LeftOpen(Arc::clone(&slots))));
        }
        let within = KeptWithin {
            parts: Arc::clone(self),
            slots: Arc::clone(&slots),
        };
        render.register_local_helper("kept", Box::new(within));
        let html = named(registry, name)?.renders(registry, &seen, &mut render)?;
        let slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
        Part::of(&html, &slots)
    }
}

#[derive(Clone)]
struct Bytes;

impl Weighter<Box<[u8]>, Arc<Part>> for Bytes {
    fn weight(&self, about: &Box<[u8]>, part: &Arc<Part>) -> u64 {
        let slots = part.slots.len() * size_of::<(usize, Slot)>();
        u64::try_from(about.len() + part.html.len() + slots + 128).unwrap_or(u64::MAX)
    }
}

/// `kept` on a page: the slots are filled.
struct Kept {
    parts: Arc<Parts>,
    slots: Arc<Slots>,
}

impl HelperDef for Kept {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let (name, about) = (text(helper, 0)?, present(helper, 1)?);
        let part = self.parts.part(registry, name, about)?;
        part.write(out, |slot, out| self.slots.fill(slot, context, out))
    }
}

/// Slots that were met so far in a part that is being rendered.
type Met = Arc<Mutex<Vec<Slot>>>;

/// `kept` within a part that is kept: its slots are slots of that.
struct KeptWithin {
    parts: Arc<Parts>,
    slots: Met,
}

impl HelperDef for KeptWithin {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let (name, about) = (text(helper, 0)?, present(helper, 1)?);
        let part = self.parts.part(registry, name, about)?;
        part.write(out, |slot, out| leave_open(&self.slots, slot, out))
    }
}

/// A slot of a part that is being rendered.
struct LeftOpen(Met);

impl HelperDef for LeftOpen {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        leave_open(&self.0, Slot::of(helper)?, out)
    }
}

fn leave_open(met: &Met, slot: Slot, out: &mut dyn Output) -> HelperResult {
    let mut met = met.lock().unwrap_or_else(PoisonError::into_inner);
    met.push(slot);
    Ok(out.write(MARK)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::portal::render::Renderer;
    use crate::http::portal::shell::Shell;

    fn renderer(page: &str, part: &str) -> Renderer {
        let inner = ("parts/inner", "[{{said}} {{csrf}}]");
        Renderer::of_texts([("pages/x", page), ("parts/x", part), inner]).unwrap()
    }

    #[test]
    fn each_reader_has_their_own_times_and_forms_in_what_is_kept_for_all() {
        let page = json!({"at": "2026-03-03T09:12:00Z"});
        let renderer = renderer(
            "{{kept \"parts/x\" page}}",
            "{{time at style=\"near\"}}{{csrf}}",
        );
        let of_berlin = Shell::sample();
        let mut of_tokyo = Shell::sample();
        of_tokyo.account.zone = "Asia/Tokyo".to_owned();
        of_tokyo.csrf_token = Some("theirs".to_owned());
        let read = |shell: &Shell| renderer.page("x", shell, &page).unwrap();
        let first = read(&of_berlin);
        assert!(first.contains(">yesterday 10:12<") && first.contains("value=\"token\""));
        let second = read(&of_tokyo);
        assert!(second.contains(">yesterday 18:12<") && second.contains("value=\"theirs\""));
        assert!(!second.contains("value=\"token\""));
        assert_eq!(read(&of_berlin), first);
        let mut later = of_berlin;
        later.now = "2026-03-03T23:30:00Z".parse().unwrap();
        assert!(read(&later).contains(">yesterday 10:12<"));
        later.now = "2026-03-03T22:30:00Z".parse().unwrap();
        assert!(read(&later).contains(">today 10:12<"));
    }

    #[test]
    fn what_it_is_about_decides_what_is_found() {
        let renderer = renderer(
            "{{kept \"parts/x\" page}}",
            "{{#each of}}{{this}},{{/each}}",
        );
        let read = |of: Json| {
            let page = json!({ "of": of });
            renderer.page("x", &Shell::sample(), &page).unwrap()
        };
        for (of, said) in [
            (json!(["a", "b"]), "a,b,"),
            (json!(["a,b"]), "a,b,"),
            (json!(["a", 1]), "a,1,"),
            (json!(["a", "1"]), "a,1,"),
            (json!([]), ""),
            (json!(["a", "b"]), "a,b,"),
        ] {
            assert_eq!(read(of), said);
        }
    }

    #[test]
    fn a_part_within_a_part_leaves_its_slots_to_the_reader() {
        let renderer = renderer(
            "{{kept \"parts/x\" page}}|{{#with page}}{{kept \"parts/inner\" inner}}{{/with}}",
            "{{csrf}}{{kept \"parts/inner\" inner}}{{said}}{{csrf}}",
        );
        let page = json!({"said": "w", "inner": {"said": "<\0>"}});
        let mut shell = Shell::sample();
        for token in ["one", "two", "one"] {
            shell.csrf_token = Some(token.to_owned());
            let html = renderer.page("x", &shell, &page).unwrap();
            assert_eq!(html.matches(&format!("value=\"{token}\"")).count(), 4);
            assert_eq!(html.matches("[&lt;\0&gt; <input").count(), 2, "{html}");
            assert_eq!(html.matches("]w<input").count(), 1, "{html}");
        }
    }

    #[test]
    fn it_sees_nothing_of_the_page_but_what_it_is_about() {
        let page = json!({"secret": 1, "about": {}});
        for part in [
            "{{@root.page.secret}}",
            "{{@root.shell.csrf_token}}",
            "{{../secret}}",
        ] {
            let renderer = renderer("{{#with page}}{{kept \"parts/x\" about}}{{/with}}", part);
            let rendered = renderer.page("x", &Shell::sample(), &page);
            assert!(rendered.is_err(), "{part}: {rendered:?}");
        }
    }

    #[test]
    fn what_is_redacted_is_kept_no_longer() {
        let parts = Arc::new(Parts::new());
        let mut registry = Handlebars::new();
        registry.register_template_string("x", "{{body}}").unwrap();
        let about = json!({"body": "a secret"});
        parts.part(&registry, "x", &about).unwrap();
        assert_eq!(parts.kept.len(), 1);
        markdown::forget("a secret");
        parts.part(&registry, "x", &json!({"body": ""})).unwrap();
        let kept = parts.kept.iter().map(|(key, _)| key);
        assert!(kept.into_iter().all(|key| !key.ends_with(b"a secret\"}")));
    }
}
