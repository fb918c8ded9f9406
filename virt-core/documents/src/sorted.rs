//! Maps and sets in order, and sorts, that cost little to compile.
//!
//! Those of the standard library are compiled anew for every type they hold: with thirty types of them they were a fifth of
//! all the code here, and what builds on this crate waits for it first. These are rows of short rows: looking up takes as
//! long as in a tree, and adding and removing moves what follows in one short row.

use std::borrow::Borrow;
use std::fmt;

/// How many entries a row has at most.
const MOST: usize = 256;

/// A map in the order of its keys.
#[derive(Clone)]
pub struct SortedMap<K, V> {
    /// None of them is empty, and each key is above those of the rows before.
    rows: Vec<Vec<(K, V)>>,
}

/// A row, and a place in it.
type Spot = (usize, usize);

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for SortedMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<K: Eq, V: Eq> Eq for SortedMap<K, V> {}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for SortedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K, V> SortedMap<K, V> {
    pub const fn new() -> Self {
        Self { rows: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.rows.iter().map(Vec::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.rows.iter().flatten().map(|(key, value)| (key, value))
    }

    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.rows.iter().flatten().map(|(key, _)| key)
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.rows.iter().flatten().map(|(_, value)| value)
    }

    pub fn into_values(self) -> impl Iterator<Item = V> {
        self.into_iter().map(|(_, value)| value)
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.rows.iter_mut().flatten().map(|(_, value)| value)
    }

    pub fn clear(&mut self) {
        self.rows.clear();
    }

    pub fn retain(&mut self, mut keeps: impl FnMut(&K, &mut V) -> bool) {
        for row in &mut self.rows {
            row.retain_mut(|(key, value)| keeps(key, value));
        }
        self.rows.retain(|row| !row.is_empty());
    }

    fn at(&self, (row, place): Spot) -> Option<&V> {
        self.rows.get(row)?.get(place).map(|(_, value)| value)
    }

    fn at_mut(&mut self, (row, place): Spot) -> Option<&mut V> {
        self.rows.get_mut(row)?.get_mut(place).map(|(_, value)| value)
    }

    /// Puts an entry where it belongs, and says where it is then.
    fn put(&mut self, (mut row, mut place): Spot, entry: (K, V)) -> Spot {
        let Some(own) = self.rows.get_mut(row) else {
            self.rows.push(vec![entry]);
            return (row, place);
        };
        if own.len() < MOST {
            own.insert(place, entry);
            return (row, place);
        }
        let mut upper = own.split_off(MOST / 2);
        match place.checked_sub(MOST / 2) {
            Some(above) => {
                upper.insert(above, entry);
                (row, place) = (row + 1, above);
                self.rows.insert(row, upper);
            }
            None => {
                own.insert(place, entry);
                self.rows.insert(row + 1, upper);
            }
        }
        (row, place)
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    /// Where the key is, or is to be put.
    fn spot<Q: Ord + ?Sized>(&self, key: &Q) -> Result<Spot, Spot>
    where
        K: Borrow<Q>,
    {
        let ends_below = |row: &Vec<(K, V)>| row.last().is_some_and(|(last, _)| last.borrow() < key);
        // Above all of them, it is put at the end of the last row.
        let row = self
            .rows
            .partition_point(ends_below)
            .min(self.rows.len().saturating_sub(1));
        let Some(own) = self.rows.get(row) else {
            return Err((0, 0));
        };
        match own.binary_search_by(|(known, _)| known.borrow().cmp(key)) {
            Ok(place) => Ok((row, place)),
            Err(place) => Err((row, place)),
        }
    }

    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        match self.spot(key) {
            Ok(spot) => self.at(spot),
            Err(_) => None,
        }
    }

    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        match self.spot(key) {
            Ok(spot) => self.at_mut(spot),
            Err(_) => None,
        }
    }

    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.spot(key).is_ok()
    }

    /// Puts the value in, and gives back the one that was there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.spot(&key) {
            Ok(spot) => Some(std::mem::replace(self.at_mut(spot)?, value)),
            Err(spot) => {
                self.put(spot, (key, value));
                None
            }
        }
    }

    /// The value of the key, which is made where there is none yet.
    #[expect(clippy::indexing_slicing, reason = "it was found, or put there")]
    pub fn or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let (row, place) = match self.spot(&key) {
            Ok(spot) => spot,
            Err(spot) => self.put(spot, (key, make())),
        };
        &mut self.rows[row][place].1
    }

    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (row, place) = self.spot(key).ok()?;
        let own = self.rows.get_mut(row)?;
        let (_, value) = own.remove(place);
        if own.is_empty() {
            self.rows.remove(row);
        }
        Some(value)
    }
}

impl<K: Ord, V: Default> SortedMap<K, V> {
    /// The value of the key, the default one where there is none yet.
    pub fn or_default(&mut self, key: K) -> &mut V {
        self.or_insert_with(key, V::default)
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for SortedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

impl<K, V> IntoIterator for SortedMap<K, V> {
    type Item = (K, V);
    type IntoIter = std::iter::Flatten<std::vec::IntoIter<Vec<(K, V)>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.into_iter().flatten()
    }
}

/// A set in order.
#[derive(Clone, PartialEq, Eq)]
pub struct SortedSet<T>(SortedMap<T, ()>);

impl<T: fmt::Debug> fmt::Debug for SortedSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl<T> Default for SortedSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> SortedSet<T> {
    pub const fn new() -> Self {
        Self(SortedMap::new())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.keys()
    }
}

impl<T: Ord> SortedSet<T> {
    pub fn contains<Q: Ord + ?Sized>(&self, value: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.0.contains_key(value)
    }

    /// Puts it in; false where it is there already.
    pub fn insert(&mut self, value: T) -> bool {
        self.0.insert(value, ()).is_none()
    }

    /// Takes it out; false where it is not there.
    pub fn remove<Q: Ord + ?Sized>(&mut self, value: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.0.remove(value).is_some()
    }
}

impl<T: Ord> FromIterator<T> for SortedSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self(values.into_iter().map(|value| (value, ())).collect())
    }
}

/// What items are put in order by.
pub trait Rank {
    fn rank(self) -> u64;
}

impl Rank for bool {
    fn rank(self) -> u64 {
        u64::from(self)
    }
}

impl Rank for u32 {
    fn rank(self) -> u64 {
        u64::from(self)
    }
}

impl Rank for i64 {
    fn rank(self) -> u64 {
        self.cast_unsigned() ^ (1 << 63)
    }
}

impl Rank for usize {
    fn rank(self) -> u64 {
        u64::try_from(self).unwrap_or(u64::MAX)
    }
}

impl Rank for (u16, u32) {
    fn rank(self) -> u64 {
        (u64::from(self.0) << 32) | u64::from(self.1)
    }
}

/// What has none comes first; the two highest ranks are one then.
impl<T: Rank> Rank for Option<T> {
    fn rank(self) -> u64 {
        self.map_or(0, |rank| rank.rank().saturating_add(1))
    }
}

/// Puts the items in the order of their ranks; those of one rank stay as they stand.
///
/// All types go through one sort: one for each type would be the twentieth part of all the code here.
pub fn sort_by_rank<T, R: Rank>(items: &mut Vec<T>, rank: impl Fn(&T) -> R) {
    let rank = |item: &T| rank(item).rank();
    if items.is_sorted_by_key(rank) {
        return;
    }
    let mut order: Vec<(u64, usize)> = items.iter().map(rank).zip(0..).collect();
    order.sort_unstable();
    arrange(items, order.into_iter().map(|(_, place)| place).collect());
}

/// Puts the items in the order of their names, byte by byte; those of one name stay as they stand.
pub fn sort_by_name<T>(items: &mut Vec<T>, name: impl Fn(&T) -> &str) {
    let mut order: Vec<(&str, usize)> = items.iter().map(name).zip(0..).collect();
    order.sort_unstable();
    let places = order.into_iter().map(|(_, place)| place).collect();
    arrange(items, places);
}

/// Puts the items at these places one behind the other.
fn arrange<T>(items: &mut Vec<T>, places: Vec<usize>) {
    let mut taken: Vec<Option<T>> = items.drain(..).map(Some).collect();
    for place in places {
        items.extend(taken.get_mut(place).and_then(Option::take));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_in_order_and_equals_as_they_stood() {
        let mut items = vec![
            (Some(2), "b"),
            (None, "x"),
            (Some(1), "a"),
            (Some(2), "a"),
            (None, "a"),
        ];
        sort_by_rank(&mut items, |(rank, _)| rank.map(|rank: u32| rank));
        assert_eq!(
            items,
            [
                (None, "x"),
                (None, "a"),
                (Some(1), "a"),
                (Some(2), "b"),
                (Some(2), "a")
            ]
        );
        sort_by_name(&mut items, |(_, name)| name);
        assert_eq!(
            items,
            [
                (None, "a"),
                (Some(1), "a"),
                (Some(2), "a"),
                (Some(2), "b"),
                (None, "x")
            ]
        );
    }

    #[test]
    fn a_map_is_in_order_whatever_comes_first() {
        let mut map: SortedMap<String, usize> =
            ["b", "c", "a"].map(str::to_owned).into_iter().zip(0..).collect();
        assert_eq!(map.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(map.get("a"), Some(&2));
        assert_eq!(map.insert("a".to_owned(), 7), Some(2));
        *map.or_default("d".to_owned()) += 1;
        *map.or_default("d".to_owned()) += 1;
        assert_eq!(map.values().copied().collect::<Vec<_>>(), [7, 0, 1, 2]);
        assert_eq!((map.remove("c"), map.remove("c")), (Some(1), None));
        map.retain(|key, _| key != "b");
        assert_eq!(
            map.into_iter().collect::<Vec<_>>(),
            [("a".to_owned(), 7), ("d".to_owned(), 2)]
        );
    }

    #[test]
    fn many_entries_are_in_order_and_equal_however_they_came() {
        let numbers = 0..5_000_u64;
        let up: SortedMap<u64, u64> = numbers.clone().map(|number| (number, number)).collect();
        let down: SortedMap<u64, u64> = numbers.clone().rev().map(|number| (number, number)).collect();
        let mixed = numbers.clone().map(|number| number * 2_339 % 5_000);
        let mut mixed: SortedMap<u64, u64> = mixed.map(|number| (number, number)).collect();
        assert!(up == down && down == mixed);
        assert!(mixed.keys().copied().eq(numbers.clone()));
        assert!(down.rows.iter().all(|row| (1..=MOST).contains(&row.len())));
        for number in numbers.clone().filter(|number| number % 3 != 0) {
            assert_eq!(mixed.remove(&number), Some(number));
        }
        assert_eq!(mixed.len(), 1_667);
        for number in numbers {
            assert_eq!(mixed.get(&number).copied(), (number % 3 == 0).then_some(number));
            assert_eq!(
                *mixed.or_insert_with(number, || 7),
                if number % 3 == 0 { number } else { 7 }
            );
        }
        mixed.retain(|_, value| *value == 7);
        assert!(mixed.values().all(|value| *value == 7) && mixed != up);
    }

    #[test]
    fn a_set_has_each_once() {
        let mut set: SortedSet<u32> = [3, 1, 3].into_iter().collect();
        assert_eq!((set.insert(1), set.insert(2), set.len()), (false, true, 3));
        assert_eq!(set.iter().copied().collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(
            (set.remove(&3), set.remove(&3), set.contains(&2)),
            (true, false, true)
        );
    }
}
