//! What is refused in a template before it is used, and how a check visits all of it.

use std::collections::HashMap;

use handlebars::template::{Parameter, Subexpression, TemplateElement};
use handlebars::{Handlebars, Template};

use super::files::Source;
use super::{Purpose, TemplateError};

/// Adds a template to `registry`.
///
/// # Errors
/// It does not parse, or writes a value unescaped.
pub(super) fn register(
    registry: &mut Handlebars<'static>,
    source: &Source,
    purpose: Purpose,
) -> Result<(), TemplateError> {
    let refused = |line, why: String| TemplateError {
        file: source.file.clone(),
        line,
        why,
    };
    registry
        .register_template_string(&source.name, &source.text)
        .map_err(|error| {
            let line = error.pos().map_or(0, |(line, _)| line);
            refused(line, error.reason().to_string())
        })?;
    let Some(mut template) = registry.get_template(&source.name).cloned() else {
        return Ok(());
    };
    if let Some(line) = unescaped(&template) {
        let why = "writes a value unescaped; {{…}} escapes it, and {{markdown …}} renders what people wrote";
        return Err(refused(line, why.to_owned()));
    }
    if purpose == Purpose::Check {
        require_arguments(&mut template);
        registry.register_template(&source.name, template);
    }
    Ok(())
}

/// The line of the first `{{{…}}}` or `{{&…}}`.
fn unescaped(template: &Template) -> Option<usize> {
    template
        .elements
        .iter()
        .zip(&template.mapping)
        .find_map(|(element, position)| match element {
            TemplateElement::HtmlExpression(_) => Some(position.0),
            other => inner(other).into_iter().find_map(unescaped),
        })
}

/// Handlebars passes a name that does not exist to a partial as null, even in strict mode. Before each partial, its
/// arguments are therefore asked for.
fn require_arguments(template: &mut Template) {
    let elements = std::mem::take(&mut template.elements);
    let mapping = std::mem::take(&mut template.mapping);
    for (mut element, position) in elements.into_iter().zip(mapping) {
        if let TemplateElement::PartialExpression(partial)
        | TemplateElement::PartialBlock(partial) = &element
        {
            let arguments = partial.params.iter().chain(partial.hash.values()).cloned();
            for argument in arguments {
                let require = Subexpression::new(
                    Parameter::Name("require".into()),
                    vec![argument],
                    HashMap::new(),
                );
                template.elements.push(*require.element);
                template.mapping.push(position.clone());
            }
        }
        for inner in inner_mut(&mut element) {
            require_arguments(inner);
        }
        template.elements.push(element);
        template.mapping.push(position);
    }
}

fn inner(element: &TemplateElement) -> Vec<&Template> {
    match element {
        TemplateElement::HelperBlock(helper) => {
            helper.template.iter().chain(&helper.inverse).collect()
        }
        TemplateElement::PartialBlock(block) | TemplateElement::DecoratorBlock(block) => {
            block.template.iter().collect()
        }
        _ => Vec::new(),
    }
}

fn inner_mut(element: &mut TemplateElement) -> Vec<&mut Template> {
    match element {
        TemplateElement::HelperBlock(helper) => helper
            .template
            .iter_mut()
            .chain(&mut helper.inverse)
            .collect(),
        TemplateElement::PartialBlock(block) | TemplateElement::DecoratorBlock(block) => {
            block.template.iter_mut().collect()
        }
        _ => Vec::new(),
    }
}
