//! What the templates of mails have besides the conditions of all templates: `choose`, and `require` for checks.

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, JsonTruthy, Output, RenderContext,
    RenderError, ScopedJson,
};

use super::Purpose;
use crate::templates::{self, Branches, present};

pub(super) fn register(registry: &mut Handlebars<'static>, purpose: Purpose) {
    // A check looks into the branch that is not taken as well.
    let branches = match purpose {
        Purpose::Render => Branches::Taken,
        Purpose::Check => Branches::Both,
    };
    templates::register(registry, branches);
    registry.register_helper("choose", Box::new(Choose));
    if purpose == Purpose::Check {
        registry.register_helper("require", Box::new(require));
    }
}

/// `(choose condition a b)`: `a` if the condition holds, else `b`.
struct Choose;

impl HelperDef for Choose {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let (first, second) = (present(helper, 1)?, present(helper, 2)?);
        let chosen = if present(helper, 0)?.is_truthy(false) {
            first
        } else {
            second
        };
        Ok(ScopedJson::Derived(chosen.clone()))
    }
}

/// Fails if its value does not exist, and writes nothing.
fn require(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    _: &mut dyn Output,
) -> HelperResult {
    present(helper, 0).map(drop)
}
