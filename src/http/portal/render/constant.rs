//! What a template says in the same words to everybody who reads its language: it is rendered when the templates are
//! loaded, and is plain text from then on. A page is made of some hundreds of such places, and most of the frame of nothing else.

use std::mem;

use handlebars::template::{HelperTemplate, Parameter, Template, TemplateElement};
use handlebars::{Context, Handlebars, RenderContext, Renderable};
use serde_json::Value as Json;

/// The helpers that look at nothing but what they are given.
const PURE: [&str; 4] = ["t", "word", "icon", "asset"];

/// Renders what is the same on every page, in all templates of a registry that has its helpers. What cannot be rendered stays as
/// it is, and is an error of the page that shows it.
pub(super) fn fold(registry: &mut Handlebars<'static>) {
    let names: Vec<String> = registry.get_templates().keys().cloned().collect();
    for name in names {
        if let Some(mut template) = registry.get_template(&name).cloned() {
            fold_template(registry, &mut template);
            registry.register_template(&name, template);
        }
    }
}

fn fold_template(registry: &Handlebars<'static>, template: &mut Template) {
    // The branch of an `else if` has no places of its own.
    let places = mem::take(&mut template.mapping);
    let mut places = places.into_iter();
    for element in mem::take(&mut template.elements) {
        let place = places.next();
        let element = folded(registry, element);
        // What stands beside text is written with it.
        if let (TemplateElement::RawString(text), Some(TemplateElement::RawString(before))) =
            (&element, template.elements.last_mut())
        {
            before.push_str(text);
        } else {
            template.elements.push(element);
            template.mapping.extend(place);
        }
    }
}

fn folded(registry: &Handlebars<'static>, mut element: TemplateElement) -> TemplateElement {
    match &mut element {
        TemplateElement::Expression(helper) | TemplateElement::HelperBlock(helper) => {
            fold_helper(registry, helper);
        }
        TemplateElement::DecoratorBlock(decorator) => {
            if let Some(template) = &mut decorator.template {
                fold_template(registry, template);
            }
        }
        _ => {}
    }
    match &element {
        TemplateElement::Expression(helper) if is_constant(helper) => {
            text(registry, element.clone()).map_or(element, TemplateElement::RawString)
        }
        _ => element,
    }
}

fn fold_helper(registry: &Handlebars<'static>, helper: &mut HelperTemplate) {
    let given = helper.params.iter_mut().chain(helper.hash.values_mut());
    for parameter in given {
        fold_parameter(registry, parameter);
    }
    let blocks = [&mut helper.template, &mut helper.inverse];
    for template in blocks.into_iter().flatten() {
        fold_template(registry, template);
    }
}

fn fold_parameter(registry: &Handlebars<'static>, parameter: &mut Parameter) {
    let Parameter::Subexpression(said) = parameter else {
        return;
    };
    if let TemplateElement::Expression(helper) = said.element.as_mut() {
        fold_helper(registry, helper);
        if is_constant(helper) {
            // What is given to a helper is not escaped: whoever writes it does that.
            let unescaped = TemplateElement::HtmlExpression(helper.clone());
            if let Some(text) = text(registry, unescaped) {
                *parameter = Parameter::Literal(Json::String(text));
            }
        }
    }
}

fn is_constant(helper: &HelperTemplate) -> bool {
    let is_pure = |name: &str| PURE.contains(&name);
    let mut given = helper.params.iter().chain(helper.hash.values());
    helper.name.as_name().is_some_and(is_pure)
        && given.all(|value| matches!(value, Parameter::Literal(_)))
}

fn text(registry: &Handlebars<'static>, element: TemplateElement) -> Option<String> {
    let mut alone = Template::new();
    alone.elements.push(element);
    let nothing = Context::null();
    let mut render = RenderContext::new(None);
    let mut text = alone.renders(registry, &nothing, &mut render).ok()?;
    // It was rendered into 8 KiB, and is kept for as long as the desk runs.
    text.shrink_to_fit();
    Some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::http::portal::render::Renderer;
    use crate::http::portal::shell::Shell;

    fn renderer(text: &str) -> Renderer {
        Renderer::of_texts([("pages/x", text)]).unwrap()
    }

    #[test]
    fn what_is_the_same_on_every_page_is_text_and_all_else_is_as_it_was() {
        let page = json!({"status": "closed", "n": 2, "list": ["a", "b"], "none": null});
        for (text, said) in [
            (
                "<b>{{t \"entry-internal\"}}</b>",
                "<b>Internal: not visible to the customer</b>",
            ),
            (
                "{{#if page.none}}{{t \"nobody\"}}{{else if (eq page.n 2)}}{{word \"status\" page.status}} {{word \"status\" \"closed\"}}{{else}}x{{/if}}",
                "Closed Closed",
            ),
            (
                "{{#each page.list}}{{this}}{{word \"status\" \"closed\"}}{{/each}}",
                "aClosedbClosed",
            ),
            (
                "{{#with page.none}}x{{else}}{{word \"status\" \"closed\"}}!{{/with}}",
                "Closed!",
            ),
            ("{{t \"feed-unread\" count=page.n}}", "2 new"),
            (
                "{{#unless page.none}}\n{{word \"status\" \"closed\"}}\n{{/unless}}",
                "Closed\n",
            ),
        ] {
            let rendered = renderer(text).page("x", &Shell::sample(), &page);
            assert_eq!(rendered.unwrap(), said, "{text}");
        }
    }

    #[test]
    fn what_stands_between_two_texts_becomes_one_with_them() {
        let renderer = renderer(
            "<p title=\"{{t \"nobody\"}}\">{{icon \"bell\"}}</p>{{#if (eq page.a (t \"nobody\"))}}x{{/if}}",
        );
        let template = renderer.registries[0].get_template("pages/x").unwrap();
        assert_eq!(template.elements.len(), 2, "{:?}", template.elements);
        let page = json!({"a": "Nobody"});
        let html = renderer.page("x", &Shell::sample(), &page).unwrap();
        assert!(
            html.starts_with("<p title=\"Nobody\"><svg") && html.ends_with("</p>x"),
            "{html}"
        );
    }

    #[test]
    fn a_message_that_does_not_exist_is_an_error_of_the_page_with_its_place() {
        let error = renderer("a\n{{t \"no-such\"}}")
            .page("x", &Shell::sample(), &json!({}))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("no message no-such") && error.contains("line 2"),
            "{error}"
        );
    }
}
