-- The knowledge base (H1). A row holds what readers are shown of an article: the version `shown_version`. What is written while it is
-- published waits in a later version, up to `newest_version`, until that is published. The organizations for which one is whose
-- audience is `organizations` are in `help_audiences`.
CREATE TABLE articles (
    id uuid PRIMARY KEY,
    slug TEXT NOT NULL,
    title TEXT NOT NULL,
    -- The title in lower case and without accents, by which lists are ordered.
    sort_title TEXT COLLATE "C" NOT NULL,
    summary TEXT,
    body TEXT NOT NULL,
    category TEXT NOT NULL,
    category_key TEXT COLLATE "C" NOT NULL,
    audience TEXT NOT NULL CHECK (audience IN ('everyone', 'provider', 'customers', 'partners', 'organizations')),
    state TEXT NOT NULL CHECK (state IN ('draft', 'published', 'archived')),
    newest_version BIGINT NOT NULL,
    shown_version BIGINT NOT NULL,
    changed_by uuid NOT NULL REFERENCES people (id),
    changed_at timestamptz NOT NULL,
    published_at timestamptz,
    version BIGINT NOT NULL DEFAULT 1,
    CHECK (shown_version BETWEEN 1 AND newest_version),
    CHECK (state = 'published' OR shown_version = newest_version OR state = 'archived'),
    CHECK (state != 'published' OR published_at IS NOT NULL)
);
CREATE UNIQUE INDEX articles_by_slug ON articles (slug);
CREATE INDEX articles_by_title ON articles (sort_title, id);
CREATE INDEX articles_by_change ON articles (changed_at, id);
CREATE INDEX articles_by_category ON articles (category_key, sort_title, id);

-- What was written, each time. Versions are never changed.
CREATE TABLE article_versions (
    article_id uuid NOT NULL REFERENCES articles (id),
    number BIGINT NOT NULL,
    title TEXT NOT NULL,
    summary TEXT,
    body TEXT NOT NULL,
    written_by uuid NOT NULL REFERENCES people (id),
    written_at timestamptz NOT NULL,
    PRIMARY KEY (article_id, number)
);

-- The words of what is shown, in lower case and without accents: a search finds the same on both databases. How much a word weighs
-- goes by where it stands and how often.
CREATE TABLE article_words (
    word TEXT COLLATE "C" NOT NULL,
    article_id uuid NOT NULL REFERENCES articles (id),
    weight BIGINT NOT NULL,
    PRIMARY KEY (word, article_id)
);
CREATE INDEX article_words_by_article ON article_words (article_id);

-- Whether an article was helpful: one vote a person.
CREATE TABLE article_votes (
    article_id uuid NOT NULL REFERENCES articles (id),
    person_id uuid NOT NULL REFERENCES people (id),
    helpful BOOLEAN NOT NULL,
    comment TEXT,
    voted_at timestamptz NOT NULL,
    PRIMARY KEY (article_id, person_id)
);

-- The handbooks and trainings to which the page on escalations leads.
CREATE TABLE escalation_guide (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    links TEXT NOT NULL DEFAULT '[]',
    version BIGINT NOT NULL DEFAULT 1
);
INSERT INTO escalation_guide (id) VALUES (1);
