//! What the templates of mails and of pages have in common: messages of the catalogue, and conditions that keep to
//! strict mode, where a name that does not exist is a mistake. Handlebars' own take it for false.

pub mod say;

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, JsonTruthy, Output, RenderContext,
    RenderError, RenderErrorReason, Renderable, ScopedJson,
};
use serde_json::Value as Json;

/// Which branches of a condition a rendering visits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Branches {
    /// The one that is taken.
    Taken,
    /// Both, so that one rendering looks at everything in a template.
    Both,
}

/// Adds `if`, `unless`, `and` and `or`, and has what is shown escaped.
pub fn register(registry: &mut Handlebars<'static>, branches: Branches) {
    registry.register_escape_fn(escape_html);
    for (name, when) in [("if", true), ("unless", false)] {
        registry.register_helper(name, Box::new(If { when, branches }));
    }
    registry.register_helper("and", Box::new(Fold { all: true }));
    registry.register_helper("or", Box::new(Fold { all: false }));
}

/// The text as it stands in HTML, within a quoted attribute too: what `handlebars::html_escape` gives, which goes through it letter by
/// letter, for every value of a page.
pub fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, entity)) = first_entity(rest) {
        let (plain, from) = rest.split_at(at);
        escaped.push_str(plain);
        escaped.push_str(entity);
        rest = from.get(1..).unwrap_or_default();
    }
    escaped.push_str(rest);
    escaped
}

/// The first byte that HTML reads as more than itself, by its place, and what stands for it.
fn first_entity(text: &str) -> Option<(usize, &'static str)> {
    let entity = |byte| match byte {
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'"' => Some("&quot;"),
        b'&' => Some("&amp;"),
        b'\'' => Some("&#x27;"),
        b'`' => Some("&#x60;"),
        b'=' => Some("&#x3D;"),
        _ => None,
    };
    let mut bytes = text.bytes().enumerate();
    bytes.find_map(|(at, byte)| Some((at, entity(byte)?)))
}

struct If {
    when: bool,
    branches: Branches,
}

impl HelperDef for If {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        render: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let truthy = present(helper, 0)?.is_truthy(false);
        let (taken, other) = match truthy == self.when {
            true => (helper.template(), helper.inverse()),
            false => (helper.inverse(), helper.template()),
        };
        let other = other.filter(|_| self.branches == Branches::Both);
        for template in taken.into_iter().chain(other) {
            template.render(registry, context, render, out)?;
        }
        Ok(())
    }
}

/// `and`, `or` over any number of values.
struct Fold {
    all: bool,
}

impl HelperDef for Fold {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let mut result = self.all;
        for index in 0..helper.params().len() {
            let truthy = present(helper, index)?.is_truthy(false);
            result = if self.all {
                result && truthy
            } else {
                result || truthy
            };
        }
        Ok(ScopedJson::Derived(Json::Bool(result)))
    }
}

/// The parameter at `index`, which must exist (and may be null).
///
/// # Errors
/// Which name does not exist, or that there is no such parameter.
pub fn present<'a>(helper: &'a Helper<'_>, index: usize) -> Result<&'a Json, RenderError> {
    let missing = |path| RenderErrorReason::MissingVariable(Some(path));
    match helper.param(index) {
        Some(value) if !value.is_value_missing() => Ok(value.value()),
        Some(value) => {
            let path = value.relative_path().cloned();
            Err(missing(path.unwrap_or_else(|| helper.name().to_owned())).into())
        }
        None => Err(missing(format!("{} needs a value", helper.name())).into()),
    }
}

/// The parameter at `index` as text.
///
/// # Errors
/// As for [`present`], and if it is no text.
pub fn text<'a>(helper: &'a Helper<'_>, index: usize) -> Result<&'a str, RenderError> {
    present(helper, index)?
        .as_str()
        .ok_or_else(|| RenderErrorReason::InvalidParamType("text").into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_is_escaped_as_the_library_would(text in "[<>\"&'`= a-cé\u{1F514}]*|.*") {
            prop_assert_eq!(super::escape_html(&text), handlebars::html_escape(&text));
        }
    }
}
