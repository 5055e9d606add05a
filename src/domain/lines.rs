//! Lines of business as a tree, and whose grants decide who reads the cases of each (A4).

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::access::{Access, Permission};
use super::ids::{GroupId, LineId, PersonId};
use super::organization::Side;

/// A line in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub id: LineId,
    /// The line above; none for the root.
    pub parent: Option<LineId>,
    /// Whether it has grants of its own. Without, those of the line above hold.
    pub own: bool,
}

/// All lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    nodes: BTreeMap<LineId, Node>,
    /// The lines below each, in the order in which they were given.
    below: BTreeMap<Option<LineId>, Vec<LineId>>,
}

/// Why a line does not come to stand where it was to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Misplaced {
    /// One of the two is not in the tree.
    #[error("there is no such line")]
    Unknown,
    /// The root stands below nothing.
    #[error("the root is not moved")]
    Root,
    /// It would stand below itself.
    #[error("a line does not stand below itself")]
    Cycle,
}

impl Tree {
    /// The tree of these lines; those of one line keep their order.
    pub fn new(nodes: impl IntoIterator<Item = Node>) -> Self {
        let mut tree = Self::default();
        for node in nodes {
            tree.below.entry(node.parent).or_default().push(node.id);
            tree.nodes.insert(node.id, node);
        }
        tree
    }

    /// Every line with how deep it stands, each before those below it.
    pub fn in_order(&self) -> Vec<(LineId, usize)> {
        let mut order = Vec::with_capacity(self.nodes.len());
        let mut open: Vec<(LineId, usize)> = self.children(None).map(|id| (id, 0)).collect();
        open.reverse();
        while let Some((id, depth)) = open.pop() {
            order.push((id, depth));
            let at = open.len();
            open.extend(self.children(Some(id)).map(|child| (child, depth + 1)));
            open[at..].reverse();
        }
        order
    }

    /// The lines below `line`, at whatever depth.
    pub fn below(&self, line: LineId) -> Vec<LineId> {
        let mut found = Vec::new();
        let mut open: Vec<LineId> = self.children(Some(line)).collect();
        while let Some(id) = open.pop() {
            found.push(id);
            open.extend(self.children(Some(id)));
        }
        found
    }

    /// For each line the one whose grants decide who reads it: itself if it has grants of its own, or else what holds for
    /// the line above; nothing if all may read it.
    pub fn governing(&self) -> BTreeMap<LineId, Option<LineId>> {
        let mut governing: BTreeMap<LineId, Option<LineId>> = BTreeMap::new();
        for (id, _) in self.in_order() {
            let node = &self.nodes[&id];
            let inherited = node
                .parent
                .and_then(|parent| governing.get(&parent).copied())
                .flatten();
            governing.insert(id, if node.own { Some(id) } else { inherited });
        }
        governing
    }

    /// Adds a line without grants of its own below another.
    ///
    /// # Errors
    /// [`Misplaced::Unknown`] if that is not there.
    pub fn add(&mut self, id: LineId, parent: LineId) -> Result<(), Misplaced> {
        if !self.nodes.contains_key(&parent) {
            return Err(Misplaced::Unknown);
        }
        let node = Node {
            id,
            parent: Some(parent),
            own: false,
        };
        self.nodes.insert(id, node);
        self.below.entry(Some(parent)).or_default().push(id);
        Ok(())
    }

    /// Moves a line, with all that is below it, below another.
    ///
    /// # Errors
    /// Why it does not go.
    pub fn place(&mut self, id: LineId, parent: LineId) -> Result<(), Misplaced> {
        let node = *self.nodes.get(&id).ok_or(Misplaced::Unknown)?;
        if !self.nodes.contains_key(&parent) {
            return Err(Misplaced::Unknown);
        }
        if node.parent.is_none() {
            return Err(Misplaced::Root);
        }
        if id == parent || self.below(id).contains(&parent) {
            return Err(Misplaced::Cycle);
        }
        if let Some(siblings) = self.below.get_mut(&node.parent) {
            siblings.retain(|sibling| *sibling != id);
        }
        self.below.entry(Some(parent)).or_default().push(id);
        self.nodes.insert(
            id,
            Node {
                parent: Some(parent),
                ..node
            },
        );
        Ok(())
    }

    /// Gives a line grants of its own, or lets it inherit again.
    pub fn set_own(&mut self, id: LineId, own: bool) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.own = own;
        }
    }

    /// Applies what holds for a line to everything below it: whatever had grants of its own there inherits again. Answers
    /// which had.
    pub fn apply_below(&mut self, id: LineId) -> Vec<LineId> {
        let mut overwritten = self.below(id);
        overwritten.retain(|line| self.nodes[line].own);
        for line in &overwritten {
            self.set_own(*line, false);
        }
        overwritten
    }

    fn children(&self, line: Option<LineId>) -> impl DoubleEndedIterator<Item = LineId> + '_ {
        self.below.get(&line).into_iter().flatten().copied()
    }
}

/// Who may read the cases of one line, as far as it is about the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Nothing restricts it.
    Everybody,
    /// The members of the groups that may.
    These(BTreeSet<PersonId>),
}

impl Readers {
    /// Whether somebody is among them. Lines mean nothing to customers, and some may read all.
    pub fn admit(&self, access: &Access) -> bool {
        match self {
            Self::Everybody => true,
            Self::These(people) => {
                access.side == Side::Customer
                    || access.can(Permission::LinesReadAll)
                    || people.contains(&access.person)
            }
        }
    }
}

/// Who reads what, in the whole tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// For each line the one whose grants decide.
    pub governing: BTreeMap<LineId, Option<LineId>>,
    /// The groups that the lines with grants of their own name.
    pub grants: BTreeMap<LineId, BTreeSet<GroupId>>,
}

/// What a change of the tree's grants takes away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// How many people see fewer cases.
    pub people: usize,
    /// How many cases at least one of them no longer sees.
    pub cases: i64,
}

impl Reading {
    /// Whether somebody in `groups` may read the cases of `line`.
    pub fn allows(&self, line: LineId, groups: &BTreeSet<GroupId>) -> bool {
        match self.governing.get(&line).copied().flatten() {
            None => true,
            Some(governing) => self
                .grants
                .get(&governing)
                .is_some_and(|granted| !granted.is_disjoint(groups)),
        }
    }

    /// The restricted lines that others read after `self` has become `after`.
    pub fn changed(&self, after: &Self) -> BTreeSet<LineId> {
        let restricted = self
            .governing
            .keys()
            .filter(|line| self.readers(**line).is_some());
        restricted
            .filter(|line| self.readers(**line) != after.readers(**line))
            .copied()
            .collect()
    }

    /// The groups that read a line; none if nothing restricts it.
    fn readers(&self, line: LineId) -> Option<BTreeSet<GroupId>> {
        let governing = self.governing.get(&line).copied().flatten()?;
        Some(self.grants.get(&governing).cloned().unwrap_or_default())
    }

    /// What staff in these groups, one set a person, no longer see after `self` has become `after`; `cases` counts
    /// those of each line. Those who may read every line lose nothing, and are not among `people`.
    pub fn lost(
        &self,
        after: &Self,
        people: &[BTreeSet<GroupId>],
        cases: &BTreeMap<LineId, i64>,
    ) -> Loss {
        let mut lost: BTreeSet<LineId> = BTreeSet::new();
        let mut losers = 0;
        for groups in people {
            let theirs: Vec<LineId> = cases
                .iter()
                .filter(|(line, count)| {
                    **count > 0 && self.allows(**line, groups) && !after.allows(**line, groups)
                })
                .map(|(line, _)| *line)
                .collect();
            losers += usize::from(!theirs.is_empty());
            lost.extend(theirs);
        }
        Loss {
            people: losers,
            cases: lost.iter().filter_map(|line| cases.get(line)).sum(),
        }
    }
}

#[cfg(test)]
mod tests;
