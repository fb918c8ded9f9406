//! Small maps and sets in order, in one vector each.
//!
//! Those of the standard library are trees, whose code is compiled anew for every type they hold: with thirty types of
//! them it was a sixth of all the code here. Looking up takes the same time in both; adding and removing moves what
//! follows, so large values are kept in boxes.

use std::borrow::Borrow;

/// A map in the order of its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SortedMap<K, V> {
    entries: Vec<(K, V)>,
}

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> SortedMap<K, V> {
    pub(crate) const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> + ExactSizeIterator {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    pub(crate) fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + ExactSizeIterator {
        self.entries.iter().map(|(key, _)| key)
    }

    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &V> + ExactSizeIterator {
        self.entries.iter().map(|(_, value)| value)
    }

    pub(crate) fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut V> + ExactSizeIterator {
        self.entries.iter_mut().map(|(_, value)| value)
    }

    pub(crate) fn into_values(self) -> impl Iterator<Item = V> {
        self.entries.into_iter().map(|(_, value)| value)
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(crate) fn retain(&mut self, mut keeps: impl FnMut(&K, &mut V) -> bool) {
        self.entries.retain_mut(|(key, value)| keeps(key, value));
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    /// Where the key is, or would be.
    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        // What comes in order goes behind all the others.
        match self.entries.last() {
            Some((last, _)) if last.borrow() < key => return Err(self.entries.len()),
            _ => {}
        }
        self.entries
            .binary_search_by(|(known, _)| known.borrow().cmp(key))
    }

    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        match self.place(key) {
            Ok(place) => self.entries.get(place).map(|(_, value)| value),
            Err(_) => None,
        }
    }

    pub(crate) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        match self.place(key) {
            Ok(place) => self.entries.get_mut(place).map(|(_, value)| value),
            Err(_) => None,
        }
    }

    pub(crate) fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.place(key).is_ok()
    }

    /// Puts the value in, and gives back the one that was there.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.place(&key) {
            Ok(place) => {
                let entry = self.entries.get_mut(place)?;
                Some(std::mem::replace(&mut entry.1, value))
            }
            Err(place) => {
                self.entries.insert(place, (key, value));
                None
            }
        }
    }

    /// The value of the key, which is made where there is none yet.
    #[expect(clippy::indexing_slicing, reason = "it was found, or put there")]
    pub(crate) fn or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let place = match self.place(&key) {
            Ok(place) => place,
            Err(place) => {
                self.entries.insert(place, (key, make()));
                place
            }
        };
        &mut self.entries[place].1
    }

    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        match self.place(key) {
            Ok(place) => Some(self.entries.remove(place).1),
            Err(_) => None,
        }
    }
}

impl<K: Ord, V: Default> SortedMap<K, V> {
    /// The value of the key, the default one where there is none yet.
    pub(crate) fn or_default(&mut self, key: K) -> &mut V {
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
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

/// A set in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SortedSet<T>(SortedMap<T, ()>);

impl<T> Default for SortedSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> SortedSet<T> {
    pub(crate) const fn new() -> Self {
        Self(SortedMap::new())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.0.keys()
    }
}

impl<T: Ord> SortedSet<T> {
    pub(crate) fn contains<Q: Ord + ?Sized>(&self, value: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.0.contains_key(value)
    }

    /// Puts it in; false where it is there already.
    pub(crate) fn insert(&mut self, value: T) -> bool {
        self.0.insert(value, ()).is_none()
    }

    /// Takes it out; false where it is not there.
    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, value: &Q) -> bool
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
pub(crate) trait Rank {
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

/// What has none comes first.
impl<T: Rank> Rank for Option<T> {
    fn rank(self) -> u64 {
        self.map_or(0, |rank| rank.rank().saturating_add(1))
    }
}

/// Puts the items in the order of their ranks; those of one rank stay as they stand.
///
/// All types go through one sort: one for each type would be the twentieth part of all the code here.
pub(crate) fn sort_by_rank<T, R: Rank>(items: &mut Vec<T>, rank: impl Fn(&T) -> R) {
    let rank = |item: &T| rank(item).rank();
    if items.is_sorted_by_key(rank) {
        return;
    }
    let mut order: Vec<(u64, usize)> = items.iter().map(rank).zip(0..).collect();
    order.sort_unstable();
    arrange(items, order.into_iter().map(|(_, place)| place).collect());
}

/// Puts the items in the order of their names, byte by byte; those of one name stay as they stand.
pub(crate) fn sort_by_name<T>(items: &mut Vec<T>, name: impl Fn(&T) -> &str) {
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
