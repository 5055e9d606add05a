//! The knowledge base by its pages, without a script.

use super::finding::library;
use super::titles;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::session::Session;

on_both_databases! { Desk:
    h1_pages_do_it_without_a_script,
    h1_a_case_is_opened_once_articles_were_seen,
}

async fn h1_pages_do_it_without_a_script(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let (hers, theirs) = (
        Session::of(&desk, &dana).await,
        Session::of(&desk, &eve).await,
    );
    let fields = [
        ("title", "One-way audio"),
        ("summary", "Which side is silent."),
        (
            "body",
            "# First\n\na\n\n# Second\n\nb\n\n## Third\n\nc\n\n# Fourth\n\n<script>alert(1)</script>",
        ),
        ("category", "Audio"),
        ("audience.to", "organizations"),
        ("audience.organizations.acme", "on"),
    ];
    let preview = [&fields[..], &[("step", "preview")]].concat();
    let shown = theirs.sends("/articles", &preview).await;
    assert_eq!(shown.status, 200, "{shown:?}");
    assert!(
        shown.text.contains("<h2 id=\"part-1\">First</h2>"),
        "{shown:?}"
    );
    assert!(shown.text.contains("value=\"One-way audio\""), "{shown:?}");
    assert!(titles(&eve, "/articles").await.is_empty());
    // What is wrong is said, and nothing is lost.
    let refused = theirs.sends("/articles", &fields[1..]).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(
        refused.text.contains("Which side is silent."),
        "{refused:?}"
    );
    let saved = theirs.sends("/articles", &fields).await;
    assert_eq!(
        (saved.status, saved.header("location")),
        (303, "/articles/one-way-audio")
    );
    let path = "/articles/one-way-audio";
    assert_eq!(hers.page(path).await.status, 404);
    let page = theirs.page(path).await.text;
    assert!(
        page.contains("ACME Corporation") && page.contains("Draft"),
        "{page}"
    );
    // A button that says nothing of the version that it was shown for does nothing.
    assert_eq!(
        theirs.sends(&format!("{path}/publish"), &[]).await.status,
        422
    );
    let late = theirs
        .sends(&format!("{path}/publish"), &[("version", "7")])
        .await;
    assert_eq!(late.status, 412, "{late:?}");
    let publish = theirs
        .sends(&format!("{path}/publish"), &[("version", "1")])
        .await;
    assert_eq!(publish.status, 303, "{publish:?}");

    let page = hers.page(path).await;
    assert_eq!(page.status, 200, "{page:?}");
    for told in [
        "<h1 dir=\"auto\">One-way audio</h1>",
        "href=\"#part-2\"",
        "<h3 id=\"part-3\">Third</h3>",
        "&lt;script&gt;alert(1)",
        "Was this helpful?",
    ] {
        assert!(page.text.contains(told), "no {told}: {}", page.text);
    }
    for hidden in ["For those who write", "Eve Hart", "/edit", "/versions"] {
        assert!(!page.text.contains(hidden), "{hidden}: {}", page.text);
    }
    let list = hers.page("/articles?q=silent").await.text;
    assert!(list.contains("One-way audio"), "{list}");
    assert!(
        hers.page("/articles?q=second")
            .await
            .text
            .contains("<mark>Second</mark>")
    );
    let unsaid = hers
        .sends(&format!("{path}/helpful"), &[("comment", "Thanks")])
        .await;
    assert_eq!(unsaid.status, 422, "{unsaid:?}");
    assert!(unsaid.text.contains("Thanks"), "{unsaid:?}");
    let voted = hers
        .sends(
            &format!("{path}/helpful"),
            &[("helpful", "true"), ("comment", "Thanks")],
        )
        .await;
    assert_eq!(voted.status, 303, "{voted:?}");
    assert!(hers.page(path).await.text.contains("You found it helpful."));
    assert!(theirs.page(path).await.text.contains("Thanks"));

    // Written on, it waits; the difference is there to be read, and an earlier version comes back.
    let edit = theirs.page(&format!("{path}/edit")).await;
    assert!(edit.text.contains("waits until you publish it"), "{edit:?}");
    let second = [
        ("title", "One-way audio"),
        ("summary", ""),
        ("body", "Only this."),
        ("category", "Audio"),
        ("audience.to", "everyone"),
        ("version", "2"),
    ];
    let saved = theirs.sends(path, &second).await;
    assert_eq!(saved.status, 303, "{saved:?}");
    let late = theirs.sends(path, &second).await;
    assert_eq!(late.status, 412, "{late:?}");
    assert!(
        theirs
            .page(path)
            .await
            .text
            .contains("A newer version waits")
    );
    let version = theirs.page(&format!("{path}/versions/2")).await.text;
    assert!(
        version.contains("class=\"removed\"") && version.contains("class=\"added\""),
        "{version}"
    );
    let list = theirs.page(&format!("{path}/versions")).await.text;
    assert!(list.contains("/versions/1"), "{list}");
    let older = theirs.page(&format!("{path}/versions?before=2")).await.text;
    assert!(
        older.contains("/versions/1") && !older.contains("/versions/2"),
        "{older}"
    );
    let first = theirs.page(&format!("{path}/versions/1")).await.text;
    assert!(first.contains("/versions/1/restore"), "{first}");
    let restore = format!("{path}/versions/1/restore");
    let restored = theirs.sends(&restore, &[("version", "3")]).await;
    assert_eq!(restored.status, 303, "{restored:?}");
    let archive = theirs
        .sends(&format!("{path}/archive"), &[("version", "4")])
        .await;
    assert_eq!(archive.status, 303, "{archive:?}");
    assert_eq!(hers.page(path).await.status, 404);
    let removed = theirs
        .sends(&format!("{path}/remove"), &[("version", "5")])
        .await;
    assert_eq!(removed.header("location"), "/articles");
    assert_eq!(theirs.page(path).await.status, 404);
    // Who only reads writes nothing.
    for form in ["/articles/new", "/articles/categories"] {
        assert_eq!(hers.page(form).await.status, 403, "{form}");
    }
}

async fn h1_a_case_is_opened_once_articles_were_seen(desk: Desk) {
    let dana = desk.person("dana");
    library(&desk).await;
    let hers = Session::of(&desk, &dana).await;
    let page = hers.page("/cases/new").await.text;
    assert!(page.contains("Articles that may help"), "{page}");
    let subject = ("subject", "No audio on outbound calls");
    let looked = hers.sends("/cases", &[subject, ("step", "articles")]).await;
    assert_eq!(looked.status, 200, "{looked:?}");
    let link = "href=\"/articles/one-way-audio-on-outbound-calls\"";
    assert!(looked.text.contains(link), "{looked:?}");
    assert!(
        looked.text.contains("value=\"No audio on outbound calls\""),
        "{looked:?}"
    );
    assert!(dana.all("/cases").await.is_empty());
    // Beside the form that was refused, too.
    let refused = hers.sends("/cases", &[subject]).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(refused.text.contains(link), "{refused:?}");
    // What the script asks for.
    let asked = hers
        .page("/articles/suggestions?subject=No%20audio%20on%20outbound%20calls")
        .await;
    assert!(
        asked.text.contains(link) && asked.text.contains("data-suggested"),
        "{asked:?}"
    );
    let none = hers
        .page("/articles/suggestions?subject=The%20printer%20is%20on%20fire")
        .await;
    assert!(
        none.text.contains("No article is about this subject."),
        "{none:?}"
    );
}
