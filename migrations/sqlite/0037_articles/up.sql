-- The knowledge base (H1). A row holds what readers are shown of an article: the version `shown_version`. What is written while it is
-- published waits in a later version, up to `newest_version`, until that is published. The organizations for which one is whose
-- audience is `organizations` are in `help_audiences`.
CREATE TABLE articles (
    id BLOB PRIMARY KEY NOT NULL,
    slug TEXT NOT NULL,
    title TEXT NOT NULL,
    -- The title in lower case and without accents, by which lists are ordered.
    sort_title TEXT NOT NULL,
    summary TEXT,
    body TEXT NOT NULL,
    category TEXT NOT NULL,
    category_key TEXT NOT NULL,
    audience TEXT NOT NULL CHECK (audience IN ('everyone', 'provider', 'customers', 'partners', 'organizations')),
    state TEXT NOT NULL CHECK (state IN ('draft', 'published', 'archived')),
    newest_version INTEGER NOT NULL,
    shown_version INTEGER NOT NULL,
    changed_by BLOB NOT NULL REFERENCES people (id),
    changed_at TEXT NOT NULL,
    published_at TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    CHECK (shown_version BETWEEN 1 AND newest_version),
    CHECK (state = 'published' OR shown_version = newest_version OR state = 'archived'),
    CHECK (state != 'published' OR published_at IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX articles_by_slug ON articles (slug);
CREATE INDEX articles_by_title ON articles (sort_title, id);
CREATE INDEX articles_by_change ON articles (changed_at, id);
CREATE INDEX articles_by_category ON articles (category_key, sort_title, id);

-- What was written, each time. Versions are never changed.
CREATE TABLE article_versions (
    article_id BLOB NOT NULL REFERENCES articles (id),
    number INTEGER NOT NULL,
    title TEXT NOT NULL,
    summary TEXT,
    body TEXT NOT NULL,
    written_by BLOB NOT NULL REFERENCES people (id),
    written_at TEXT NOT NULL,
    PRIMARY KEY (article_id, number)
) STRICT;

-- The words of what is shown, in lower case and without accents: a search finds the same on both databases. How much a word weighs
-- goes by where it stands and how often.
CREATE TABLE article_words (
    word TEXT NOT NULL,
    article_id BLOB NOT NULL REFERENCES articles (id),
    weight INTEGER NOT NULL,
    PRIMARY KEY (word, article_id)
) STRICT;
CREATE INDEX article_words_by_article ON article_words (article_id);

-- Whether an article was helpful: one vote a person.
CREATE TABLE article_votes (
    article_id BLOB NOT NULL REFERENCES articles (id),
    person_id BLOB NOT NULL REFERENCES people (id),
    helpful INTEGER NOT NULL,
    comment TEXT,
    voted_at TEXT NOT NULL,
    PRIMARY KEY (article_id, person_id)
) STRICT;

-- The handbooks and trainings to which the page on escalations leads.
CREATE TABLE escalation_guide (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    links TEXT NOT NULL DEFAULT '[]',
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
INSERT INTO escalation_guide (id) VALUES (1);
