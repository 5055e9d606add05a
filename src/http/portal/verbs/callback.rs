//! The verbs of a callback (M12).

use chrono_tz::Tz;

use super::{hint as more, label as name, panel};
use crate::domain::callback::{State, Verb, Window};
use crate::http::portal::form::{Choice, Control, Kind};
use crate::http::portal::parts::Panel;
use crate::http::portal::zones;
use crate::words::Catalogue;
use crate::words::time::kept_field;
use crate::workflow::callback::{AskCallback, CallWindow, ChangeCallback};

/// What stands before the fields of a window.
const WINDOW: &str = "window.";

/// What the panel of a callback's verb is about.
pub struct CallNow<'a> {
    /// Its window.
    pub window: Window,
    /// What it is about; may be empty.
    pub note: &'a str,
    /// Whom it is, in words: the number and the window.
    pub about: String,
    /// Those who may make it; only for who gives it to somebody.
    pub callers: Vec<Choice>,
}

/// Asks for a call. Times are what the clocks of the zone show that is chosen, `zone` at first; `zones` are suggested.
pub fn ask_call_panel(
    words: &Catalogue,
    action: String,
    cancel: &str,
    zone: Tz,
    zones: Vec<String>,
) -> Panel {
    let mut controls = vec![
        Control::of(AskCallback::phone(), name(words, "phone"))
            .kind(Kind::Tel)
            .hint(more(words, "phone"))
            .autocomplete("tel"),
    ];
    controls.extend(window_controls(words, None, zone, zones));
    controls.push(Control::of(AskCallback::note(), name(words, "call-note")));
    controls.push(Control::new(Kind::Hidden, "back", "").value(cancel));
    panel(words, "ask_call", action, cancel, controls)
}

/// The panel of a verb.
pub fn call_panel(
    words: &Catalogue,
    verb: Verb,
    action: String,
    cancel: &str,
    now: CallNow<'_>,
    zones: Vec<String>,
) -> Panel {
    let state = |state: State| {
        Control::new(Kind::Hidden, ChangeCallback::state().name, "").value(state.as_str())
    };
    let note = |label: String| Control::of(ChangeCallback::note(), label);
    let reason = || note(name(words, "call-reason"));
    let mut controls = vec![Control::new(Kind::Hidden, "back", "").value(cancel)];
    match verb {
        Verb::Take => controls.push(state(State::Taken)),
        Verb::Assign => controls.push(
            Control::of(ChangeCallback::owner(), name(words, "caller"))
                .kind(Kind::Select)
                .required()
                .choices(
                    [
                        vec![Choice::new("", words.say("calls-choose", &[]))],
                        now.callers,
                    ]
                    .concat(),
                ),
        ),
        Verb::Reschedule => {
            controls.extend(window_controls(
                words,
                Some(now.window),
                now.window.zone,
                zones,
            ));
            controls.push(reason());
        }
        Verb::Describe => controls.push(note(name(words, "call-note")).value(now.note)),
        Verb::Complete => controls.extend([
            state(State::Completed),
            note(name(words, "spoken"))
                .required()
                .hint(more(words, "spoken")),
        ]),
        Verb::Miss => controls.extend([state(State::Missed), reason()]),
        Verb::Cancel => controls.extend([state(State::Canceled), reason()]),
    }
    let member = format!("call_{verb}");
    let mut panel = panel(words, &member, action, cancel, controls);
    panel.intro = [now.about, panel.intro].join(". ");
    panel
}

fn window_controls(
    words: &Catalogue,
    window: Option<Window>,
    zone: Tz,
    zones: Vec<String>,
) -> Vec<Control> {
    let at = |control: Control, at: Option<crate::domain::Instant>| {
        let control = control.within(WINDOW).half();
        match at {
            Some(at) => control.value(kept_field(at, zone)),
            None => control,
        }
    };
    vec![
        at(
            Control::of(CallWindow::from(), name(words, "call-from")),
            window.map(|window| window.from),
        ),
        at(
            Control::of(CallWindow::until(), name(words, "call-until")),
            window.map(|window| window.until),
        ),
        Control::of(CallWindow::time_zone(), name(words, "call-zone"))
            .within(WINDOW)
            .hint(more(words, "call-zone"))
            .suggestions(zones)
            .value(zones::shown(words, zone)),
    ]
}
