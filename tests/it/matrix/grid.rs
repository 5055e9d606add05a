//! Answers as a grid of marks, kept in a golden file: one cell is one character, so that a changed right is one changed
//! character of one line.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// The answer of a cell for which there is nobody to ask.
pub const NOBODY: &str = "nobody";

/// What every mark means; the answers for which a row has digits are told at its end.
const MARKS: &str = "\
    + allowed: anything but a refusal\n\
    - 403: the permission is missing that the row names in brackets\n\
    . 404: there is no such thing for them\n\
    ? 401: they are asked to sign in\n\
    b 403 beyond_own_rights    p 403 not_through_pairing    s 403 scoped_token    w 403 session_required\n\
    x 403 of a page that names no permission\n\
    1, 2, … 403: another permission is missing, named at the end of the row\n\
    (blank) there is nobody like that\n";

/// Somebody who is asked, or towards whom.
#[derive(Clone)]
pub struct Column {
    code: String,
    meaning: String,
}

impl Column {
    /// `code` stands in the head, above marks of one character.
    pub fn new(code: String, meaning: &str) -> Self {
        Self {
            code,
            meaning: meaning.to_owned(),
        }
    }
}

/// A grid that is filled row by row.
pub struct Grid {
    title: String,
    /// Groups of columns with what they have in common.
    groups: Vec<(String, Vec<Column>)>,
    /// By topic, in the order in which the first row of each came.
    blocks: Vec<(String, Vec<Line>)>,
}

struct Line {
    marks: Vec<char>,
    label: String,
}

impl Grid {
    /// An empty one.
    pub fn new(title: &str, groups: Vec<(String, Vec<Column>)>) -> Self {
        let mut codes = BTreeMap::new();
        for column in groups.iter().flat_map(|(_, columns)| columns) {
            assert_eq!(column.code.chars().count(), 2, "{}", column.code);
            let taken = codes.insert(&column.code, &column.meaning);
            assert!(taken.is_none(), "two columns are called {}", column.code);
        }
        Self {
            title: title.to_owned(),
            groups,
            blocks: Vec::new(),
        }
    }

    /// Adds a row to the block of its topic. `needs` is the permission whose lack needs no mention.
    pub fn row<'a>(
        &mut self,
        topic: &str,
        label: &str,
        needs: Option<&str>,
        answers: impl Iterator<Item = &'a str>,
    ) {
        let answers: Vec<&str> = answers.collect();
        let mut others: Vec<&str> = (answers.iter())
            .filter(|answer| mark(answer, needs).is_none())
            .copied()
            .collect();
        others.sort_unstable();
        others.dedup();
        assert!(others.len() < 10, "{label}: {others:?}");
        let digits = ('1'..='9').zip(&others);
        let numbered = |answer: &str| {
            let found = digits.clone().find(|(_, other)| **other == answer);
            found.expect("every other answer has its digit").0
        };
        let marks = answers
            .iter()
            .map(|answer| mark(answer, needs).unwrap_or_else(|| numbered(answer)))
            .collect::<Vec<char>>();
        assert_eq!(marks.len(), self.columns().count(), "{label}");
        let mut label = label.to_owned();
        for (digit, other) in digits {
            let _ = write!(label, "  {digit}: {other}");
        }
        let line = Line { marks, label };
        match self.blocks.iter_mut().find(|(known, _)| known == topic) {
            Some((_, lines)) => lines.push(line),
            None => self.blocks.push((topic.to_owned(), vec![line])),
        }
    }

    fn columns(&self) -> impl Iterator<Item = &Column> {
        self.groups.iter().flat_map(|(_, columns)| columns)
    }

    /// Cells of two characters, a space between them and two more between groups.
    fn aligned<'a>(&self, cells: impl Iterator<Item = &'a str>) -> String {
        let mut cells = cells;
        let groups = self.groups.iter().map(|(_, columns)| {
            let cells = cells.by_ref().take(columns.len());
            cells
                .map(|cell| format!("{cell:>2}"))
                .collect::<Vec<_>>()
                .join(" ")
        });
        groups.collect::<Vec<_>>().join("   ")
    }

    fn line(&self, line: &Line) -> String {
        let marks: Vec<String> = line.marks.iter().map(char::to_string).collect();
        let marks = self.aligned(marks.iter().map(String::as_str));
        format!("{marks}   {}", line.label)
    }

    /// The whole text.
    fn text(&self) -> String {
        let mut text = format!("{}\n\n{MARKS}", self.title);
        for (title, columns) in &self.groups {
            let _ = write!(text, "\n{title}:\n");
            for column in columns {
                let _ = writeln!(text, "  {} {}", column.code, column.meaning);
            }
        }
        let head = self.aligned(self.columns().map(|column| column.code.as_str()));
        for (topic, lines) in &self.blocks {
            let _ = write!(text, "\n{head}   {topic}\n");
            for line in lines {
                let _ = writeln!(text, "{}", self.line(line));
            }
        }
        text
    }

    /// Fails with the cells that differ from the golden file of this name, and leaves the new text to be read.
    pub fn compare(&self, name: &str) {
        let file = format!("tests/it/{name}.golden");
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
        let golden = std::fs::read_to_string(golden).unwrap_or_default();
        let actual = self.text();
        if actual == golden {
            return;
        }
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.actual"));
        std::fs::write(&path, &actual).expect("the new text is written");
        panic!(
            "who may do what has changed. If it is meant, read {} and put it in the place of {file}.\n{}",
            path.display(),
            self.differences(&golden)
        );
    }

    /// Cell by cell where only the marks of a row have changed, otherwise whole lines.
    fn differences(&self, golden: &str) -> String {
        let mut differences = String::new();
        let mut old: Vec<&str> = golden.lines().collect();
        let text = self.text();
        let rows = self.blocks.iter().flat_map(|(_, lines)| lines);
        let rows: BTreeMap<String, &Line> = rows.map(|line| (self.line(line), line)).collect();
        for new in text.lines() {
            if let Some(same) = old.iter().position(|line| *line == new) {
                old.remove(same);
                continue;
            }
            let before = rows.get(new).and_then(|line| {
                let alike = |old: &&str| {
                    old.ends_with(&format!("   {}", line.label))
                        && old.chars().count() == new.chars().count()
                };
                Some((*line, old.remove(old.iter().position(alike)?)))
            });
            let Some((line, before)) = before else {
                let _ = writeln!(differences, "+ {new}");
                continue;
            };
            let _ = writeln!(differences, "  {}", line.label);
            // Where each column stands, the head says as well.
            let head = self.aligned(self.columns().map(|column| column.code.as_str()));
            let places = head.char_indices().zip(before.chars().zip(new.chars()));
            for ((place, _), (was, is)) in places.filter(|(_, (was, is))| was != is) {
                let code = head[..=place].rsplit(' ').next().unwrap_or_default();
                let column = self.columns().find(|column| column.code == code);
                let who = column.map_or("", |column| &column.meaning);
                let _ = writeln!(differences, "      {who} ({code}): {was} is now {is}");
            }
        }
        for gone in old {
            let _ = writeln!(differences, "- {gone}");
        }
        differences
    }
}

/// The mark of an answer; none for one that the row has to explain.
fn mark(answer: &str, needs: Option<&str>) -> Option<char> {
    let mark = match answer {
        "allowed" => '+',
        "401" => '?',
        "404" => '.',
        "403 beyond_own_rights" => 'b',
        "403 not_through_pairing" => 'p',
        "403 scoped_token" => 's',
        "403 session_required" => 'w',
        "403 " => 'x',
        NOBODY => ' ',
        _ if needs.is_some() && answer.strip_prefix("403 ") == needs => '-',
        _ => return None,
    };
    Some(mark)
}
