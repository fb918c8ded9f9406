//! Which item of one list is which of the other.

use std::collections::VecDeque;

use super::super::compare::equal;
use super::super::slot::Children;
use super::super::write::write_element;
use super::identity;
use crate::sorted::{SortedMap, sort_by_rank};

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pair {
    /// It is in both lists, at these places.
    Both {
        from: usize,
        to: usize,
        /// Whether it stands before or behind items it did not stand before or behind.
        moved: bool,
        key: Option<String>,
    },
    /// It is only in the old list.
    Removed { from: usize, key: Option<String> },
    /// It is only in the new list.
    Added { to: usize, key: Option<String> },
}

/// Items not paired yet.
struct Open {
    from: Vec<usize>,
    to: Vec<usize>,
}

/// Pairs the items of two lists of elements called `name`: by identity, then what is equal, then by position where there
/// is no identity.
pub(crate) fn pairs(name: &str, from: Children<'_>, to: Children<'_>) -> Vec<Pair> {
    if let Some(same) = side_by_side(name, from, to) {
        return same;
    }
    let ways = identity::ways(name);
    let key = |list: Children<'_>, item: usize, way: &[&str]| {
        list.item(item).and_then(|record| identity::key(record, way))
    };
    let first_key = |list: Children<'_>, item: usize| {
        list.item(item)
            .and_then(|record| identity::identity_of(name, record))
    };
    let mut open = Open {
        from: (0..from.count()).collect(),
        to: (0..to.count()).collect(),
    };
    let mut both: Vec<(usize, usize, Option<String>)> = Vec::new();
    for way in ways {
        open.pair_by(|item| key(from, item, way), |item| key(to, item, way), &mut both);
    }
    let text = |list: Children<'_>, item: usize| list.item(item).map(|record| write_element(record, true));
    let mut equal = Vec::new();
    open.pair_by(|item| text(from, item), |item| text(to, item), &mut equal);
    both.extend(equal.into_iter().map(|(one, other, _)| (one, other, None)));
    // By position, unless both have an identity, which then differs.
    let (named, nameless): (Vec<_>, Vec<_>) = open
        .from
        .iter()
        .copied()
        .partition(|item| first_key(from, *item).is_some());
    let (to_named, to_nameless): (Vec<_>, Vec<_>) = open
        .to
        .iter()
        .copied()
        .partition(|item| first_key(to, *item).is_some());
    let mut by_position = |one: Vec<usize>, other: Vec<usize>| {
        let together = one.len().min(other.len());
        both.extend(one.iter().zip(&other).map(|(one, other)| {
            (
                *one,
                *other,
                first_key(from, *one).or_else(|| first_key(to, *other)),
            )
        }));
        let left = |mut items: Vec<usize>| items.split_off(together);
        (left(one), left(other))
    };
    let (nameless, to_nameless) = by_position(nameless, to_nameless);
    let (mut gone, to_named) = by_position(nameless, to_named);
    let (named, mut new) = by_position(named, to_nameless);
    gone.extend(named);
    new.extend(to_named);
    in_order(
        both,
        gone,
        new,
        |from_item| first_key(from, from_item),
        |to_item| first_key(to, to_item),
    )
}

/// The pairs of two lists that are equal, however their items are spelled.
fn side_by_side(name: &str, from: Children<'_>, to: Children<'_>) -> Option<Vec<Pair>> {
    let is_same = |item: usize| matches!((from.item(item), to.item(item)), (Some(one), Some(other)) if equal(one, other));
    let all_same = from.count() == to.count() && (0..from.count()).all(is_same);
    let pair = |item: usize| Pair::Both {
        from: item,
        to: item,
        moved: false,
        key: from
            .item(item)
            .and_then(|record| identity::identity_of(name, record)),
    };
    all_same.then(|| (0..from.count()).map(pair).collect())
}

impl Open {
    /// Pairs items whose keys are the same, the first with the first.
    fn pair_by(
        &mut self,
        from_key: impl Fn(usize) -> Option<String>,
        to_key: impl Fn(usize) -> Option<String>,
        both: &mut Vec<(usize, usize, Option<String>)>,
    ) {
        if self.from.is_empty() || self.to.is_empty() {
            return;
        }
        let mut known: SortedMap<String, VecDeque<usize>> = SortedMap::new();
        for item in &self.to {
            if let Some(key) = to_key(*item) {
                known.or_default(key).push_back(*item);
            }
        }
        let mut taken = Vec::new();
        self.from.retain(|item| {
            let Some(key) = from_key(*item) else { return true };
            match known.get_mut(&key).and_then(VecDeque::pop_front) {
                Some(other) => {
                    taken.push(other);
                    both.push((*item, other, Some(key)));
                    false
                }
                None => true,
            }
        });
        taken.sort_unstable();
        self.to.retain(|item| taken.binary_search(item).is_err());
    }
}

fn in_order(
    mut both: Vec<(usize, usize, Option<String>)>,
    gone: Vec<usize>,
    new: Vec<usize>,
    from_key: impl Fn(usize) -> Option<String>,
    to_key: impl Fn(usize) -> Option<String>,
) -> Vec<Pair> {
    sort_by_rank(&mut both, |(from, _, _)| *from);
    let stays = longest_rising(&both.iter().map(|(_, to, _)| *to).collect::<Vec<_>>());
    let mut pairs: Vec<Pair> = Vec::with_capacity(both.len() + gone.len() + new.len());
    for (index, (from, to, key)) in both.into_iter().enumerate() {
        pairs.push(Pair::Both {
            from,
            to,
            moved: stays.binary_search(&index).is_err(),
            key,
        });
    }
    pairs.extend(gone.into_iter().map(|from| Pair::Removed {
        from,
        key: from_key(from),
    }));
    sort_by_rank(&mut pairs, |pair| match pair {
        Pair::Both { from, .. } | Pair::Removed { from, .. } => *from,
        Pair::Added { .. } => usize::MAX,
    });
    let mut new = new;
    new.sort_unstable();
    pairs.extend(new.into_iter().map(|to| Pair::Added { to, key: to_key(to) }));
    pairs
}

/// The places of a longest rising series: what need not be said to have moved.
pub(super) fn longest_rising(numbers: &[usize]) -> Vec<usize> {
    // `ends` has the place at which the best series of each length ends; `before` the place before each.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(numbers.len());
    for (place, number) in numbers.iter().enumerate() {
        let length = ends.partition_point(|end| numbers.get(*end).is_some_and(|known| known < number));
        before.push(
            length
                .checked_sub(1)
                .and_then(|shorter| ends.get(shorter).copied()),
        );
        match ends.get_mut(length) {
            Some(end) => *end = place,
            None => ends.push(place),
        }
    }
    let mut series = Vec::with_capacity(ends.len());
    let mut at = ends.last().copied();
    while let Some(place) = at {
        series.push(place);
        at = before.get(place).copied().flatten();
    }
    series.reverse();
    series
}

#[cfg(test)]
mod tests {
    use super::longest_rising;

    #[test]
    fn as_few_as_possible_have_moved() {
        assert_eq!(longest_rising(&[0, 1, 2]), [0, 1, 2]);
        assert_eq!(longest_rising(&[3, 0, 1, 2]), [1, 2, 3]);
        assert_eq!(longest_rising(&[1, 2, 3, 0]), [0, 1, 2]);
        assert_eq!(longest_rising(&[]), [0; 0]);
    }
}
