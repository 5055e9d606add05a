//! Controls next to each other as a group: under a name, in one line, or as ticks.

use super::control::{Control, Group};

/// `controls` as a group called `legend`.
pub fn group(legend: impl Into<String>, controls: Vec<Control>) -> Vec<Control> {
    grouped(Group::new(legend), controls)
}

/// The same, with more about it.
pub fn group_with_hint(
    legend: impl Into<String>,
    hint: impl Into<String>,
    controls: Vec<Control>,
) -> Vec<Control> {
    let hint = hint.into();
    grouped(
        Group {
            hint,
            ..Group::new(legend)
        },
        controls,
    )
}

/// `controls` as one line, which is called `legend`.
pub fn line(legend: impl Into<String>, controls: Vec<Control>) -> Vec<Control> {
    grouped(Group::line(legend), controls)
}

/// `ticks` as a group called `legend`, in lines.
pub fn ticks(legend: impl Into<String>, ticks: Vec<Control>) -> Vec<Control> {
    let inline = true;
    grouped(
        Group {
            inline,
            ..Group::new(legend)
        },
        ticks,
    )
}

fn grouped(group: Group, mut controls: Vec<Control>) -> Vec<Control> {
    if let Some(first) = controls.first_mut() {
        first.opens.insert(0, group);
    }
    if let Some(last) = controls.last_mut() {
        last.closes.push(());
    }
    controls
}
