use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn line(n: usize) -> LineId {
    LineId::from_uuid(Uuid::from_u128(n as u128 + 1))
}

fn group(n: usize) -> GroupId {
    GroupId::from_uuid(Uuid::from_u128(n as u128 + 1_000))
}

/// A second reading of the rules, without a tree: every question is answered by walking up from the line.
#[derive(Clone, Debug, Default)]
struct Naive(Vec<(LineId, Option<LineId>, bool)>);

impl Naive {
    fn get(&self, id: LineId) -> (LineId, Option<LineId>, bool) {
        *self.0.iter().find(|row| row.0 == id).unwrap()
    }

    fn ancestors(&self, id: LineId) -> Vec<LineId> {
        let mut above = Vec::new();
        let mut next = self.get(id).1;
        while let Some(here) = next {
            above.push(here);
            next = self.get(here).1;
        }
        above
    }

    fn governing(&self, id: LineId) -> Option<LineId> {
        std::iter::once(id)
            .chain(self.ancestors(id))
            .find(|here| self.get(*here).2)
    }

    fn change(&mut self, id: LineId, change: impl FnOnce(&mut (LineId, Option<LineId>, bool))) {
        change(self.0.iter_mut().find(|row| row.0 == id).unwrap());
    }
}

#[derive(Clone, Debug)]
enum Step {
    Add(usize),
    Place(usize, usize),
    Own(usize, bool),
    Apply(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_usize..20).prop_map(Step::Add),
        (0_usize..20, 0_usize..20).prop_map(|(line, to)| Step::Place(line, to)),
        (0_usize..20, any::<bool>()).prop_map(|(line, own)| Step::Own(line, own)),
        (0_usize..20).prop_map(Step::Apply),
    ]
}

proptest! {
    #[test]
    fn the_tree_says_what_a_walk_up_from_each_line_says(steps in prop::collection::vec(step(), 0..60)) {
        let root = Node { id: line(0), parent: None, own: false };
        let mut tree = Tree::new([root]);
        let mut naive = Naive(vec![(line(0), None, false)]);
        for step in steps {
            let count = naive.0.len();
            let pick = |n: usize| line(n % count);
            match step {
                Step::Add(parent) => {
                    let (id, parent) = (line(count), pick(parent));
                    tree.add(id, parent).unwrap();
                    naive.0.push((id, Some(parent), false));
                }
                Step::Place(id, to) => {
                    let (id, to) = (pick(id), pick(to));
                    let cycle = id == to || naive.ancestors(to).contains(&id);
                    let placed = tree.place(id, to);
                    if id == line(0) {
                        prop_assert_eq!(placed, Err(Misplaced::Root));
                    } else if cycle {
                        prop_assert_eq!(placed, Err(Misplaced::Cycle));
                    } else {
                        prop_assert_eq!(placed, Ok(()));
                        naive.change(id, |row| row.1 = Some(to));
                    }
                }
                Step::Own(id, own) => {
                    tree.set_own(pick(id), own);
                    naive.change(pick(id), |row| row.2 = own);
                }
                Step::Apply(id) => {
                    let id = pick(id);
                    let below: Vec<LineId> =
                        naive.0.iter().map(|row| row.0).filter(|row| naive.ancestors(*row).contains(&id)).collect();
                    let mut overwritten: Vec<LineId> =
                        below.iter().copied().filter(|row| naive.get(*row).2).collect();
                    let mut said = tree.apply_below(id);
                    said.sort();
                    overwritten.sort();
                    prop_assert_eq!(said, overwritten);
                    for row in &below {
                        naive.change(*row, |row| row.2 = false);
                    }
                    for row in below {
                        prop_assert_eq!(naive.governing(row), naive.governing(id));
                    }
                }
            }
            let governing = tree.governing();
            prop_assert_eq!(governing.len(), naive.0.len());
            for (id, parent, own) in &naive.0 {
                prop_assert_eq!(governing[id], naive.governing(*id));
                // Own grants win; without them, what holds above holds.
                match parent {
                    _ if *own => prop_assert_eq!(governing[id], Some(*id)),
                    Some(parent) => prop_assert_eq!(governing[id], governing[parent]),
                    None => prop_assert_eq!(governing[id], None),
                }
            }
            let order = tree.in_order();
            prop_assert_eq!(order.len(), naive.0.len());
            for (at, (id, depth)) in order.iter().enumerate() {
                prop_assert_eq!(naive.ancestors(*id).len(), *depth);
                if let Some(parent) = naive.get(*id).1 {
                    prop_assert!(order[..at].iter().any(|(before, _)| *before == parent));
                }
            }
        }
    }

    #[test]
    fn a_loss_is_what_each_person_saw_and_sees_no_more(
        before in prop::collection::vec(prop::option::of(prop::collection::btree_set(0_usize..3, 0..3)), 4),
        after in prop::collection::vec(prop::option::of(prop::collection::btree_set(0_usize..3, 0..3)), 4),
        people in prop::collection::vec(prop::collection::btree_set(0_usize..3, 0..3), 0..4),
        counts in prop::collection::vec(0_i64..4, 4),
    ) {
        let reading = |grants: &[Option<BTreeSet<usize>>]| {
            let mut reading = Reading::default();
            for (n, groups) in grants.iter().enumerate() {
                reading.governing.insert(line(n), groups.as_ref().map(|_| line(n)));
                if let Some(groups) = groups {
                    reading.grants.insert(line(n), groups.iter().map(|n| group(*n)).collect());
                }
            }
            reading
        };
        let people: Vec<BTreeSet<GroupId>> =
            people.iter().map(|groups| groups.iter().map(|n| group(*n)).collect()).collect();
        let cases: BTreeMap<LineId, i64> = counts.iter().enumerate().map(|(n, count)| (line(n), *count)).collect();
        let sees = |grants: &[Option<BTreeSet<usize>>], n: usize, groups: &BTreeSet<GroupId>| {
            grants[n].as_ref().is_none_or(|granted| granted.iter().any(|n| groups.contains(&group(*n))))
        };
        let loses = |n: usize, groups: &BTreeSet<GroupId>| {
            counts[n] > 0 && sees(&before, n, groups) && !sees(&after, n, groups)
        };
        let expected = Loss {
            people: people.iter().filter(|groups| (0..4).any(|n| loses(n, groups))).count(),
            cases: (0..4).filter(|n| people.iter().any(|groups| loses(*n, groups))).map(|n| counts[n]).sum(),
        };
        prop_assert_eq!(reading(&before).lost(&reading(&after), &people, &cases), expected);
        let same = reading(&before);
        prop_assert_eq!(same.lost(&same, &people, &cases), Loss::default());
    }
}

#[test]
fn who_may_read_all_reads_what_nobody_else_may_and_customers_are_not_concerned() {
    use crate::domain::access::Role;
    let person = PersonId::from_uuid(Uuid::from_u128(1));
    let organization = crate::domain::ids::OrganizationId::from_uuid(Uuid::from_u128(2));
    let access = |side, role| Access::of_roles(person, organization, side, [role]);
    let nobody = Readers::These(BTreeSet::new());
    assert!(nobody.admit(&access(Side::Provider, Role::Administrator)));
    assert!(!nobody.admit(&access(Side::Provider, Role::Supervisor)));
    assert!(nobody.admit(&access(Side::Customer, Role::PortalViewer)));
    let supervisor = access(Side::Provider, Role::Supervisor);
    assert!(Readers::Everybody.admit(&supervisor));
    assert!(Readers::These(BTreeSet::from([person])).admit(&supervisor));
}
