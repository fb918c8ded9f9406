//! What it answers.

use super::{State, Tree};

/// The most that a message carries.
const PAYLOAD_MAX: usize = 4096;
/// How much of a directory is told at a time, so that there are parts in tests.
const PART: usize = 1024;

type Answer = Result<(u32, Vec<u8>), &'static str>;

const DONE: &[u8] = b"OK\0";

impl State {
    /// Answers a request of a client.
    pub(super) fn answer(&mut self, client: u64, (kind, transaction): (u32, u32), payload: &[u8]) -> Answer {
        let shown = String::from_utf8_lossy(payload).replace('\0', "|");
        self.asked.push((kind, shown));
        if self.refusals.front().is_some_and(|(refused, _)| *refused == kind)
            && let Some((_, name)) = self.refusals.pop_front()
        {
            return Err(name);
        }
        let words: Vec<&[u8]> = payload.split(|byte| *byte == 0).collect();
        let word = |at: usize| {
            let word = words.get(at).copied().unwrap_or_default();
            std::str::from_utf8(word).map_err(|_| "EINVAL")
        };
        let path = word(0)?;
        let answered = match kind {
            4 => self.watch(client, path, word(1)?),
            5 => self.unwatch(client, path, word(1)?),
            6 => self.begin(client),
            7 => self.end(client, transaction, path == "T"),
            10 => Ok(format!("/local/domain/{path}\0").into_bytes()),
            17 => {
                let is_there = self.tree.read(&format!("/local/domain/{path}")).is_some();
                Ok(if is_there {
                    b"T\0".to_vec()
                } else {
                    b"F\0".to_vec()
                })
            }
            _ => on_tree(self.tree_of(client, transaction)?, kind, path, payload),
        };
        answered.map(|payload| (kind, payload))
    }

    /// The tree, or that within a transaction.
    fn tree_of(&mut self, client: u64, transaction: u32) -> Result<&mut Tree, &'static str> {
        if transaction == 0 {
            return Ok(&mut self.tree);
        }
        let client = self.clients.get_mut(&client).ok_or("EINVAL")?;
        let found = client.transactions.get_mut(&transaction);
        found.map(|(within, _)| within).ok_or("ENOENT")
    }

    fn watch(&mut self, client: u64, path: &str, token: &str) -> Result<Vec<u8>, &'static str> {
        let client = self.clients.get_mut(&client).ok_or("EINVAL")?;
        let watch = (path.to_owned(), token.to_owned());
        if client.watches.contains(&watch) {
            return Err("EEXIST");
        }
        client.watches.push(watch);
        // A real one answers first; nobody can rely on that.
        client.tell(path, token);
        Ok(DONE.to_vec())
    }

    fn unwatch(&mut self, client: u64, path: &str, token: &str) -> Result<Vec<u8>, &'static str> {
        let client = self.clients.get_mut(&client).ok_or("EINVAL")?;
        let before = client.watches.len();
        client
            .watches
            .retain(|(watched, known)| (watched.as_str(), known.as_str()) != (path, token));
        if client.watches.len() == before {
            return Err("ENOENT");
        }
        Ok(DONE.to_vec())
    }

    fn begin(&mut self, client: u64) -> Result<Vec<u8>, &'static str> {
        let tree = self.tree.clone();
        let client = self.clients.get_mut(&client).ok_or("EINVAL")?;
        let number = client.transactions.keys().next_back().map_or(1, |last| last + 1);
        client.transactions.insert(number, (tree.clone(), tree));
        Ok(format!("{number}\0").into_bytes())
    }

    fn end(&mut self, client: u64, transaction: u32, commits: bool) -> Result<Vec<u8>, &'static str> {
        let client = self.clients.get_mut(&client).ok_or("EINVAL")?;
        let (within, before) = client.transactions.remove(&transaction).ok_or("ENOENT")?;
        if commits {
            if !self.tree.is_as(&before) {
                return Err("EAGAIN");
            }
            self.tree = within;
        }
        Ok(DONE.to_vec())
    }
}

fn on_tree(tree: &mut Tree, kind: u32, path: &str, payload: &[u8]) -> Result<Vec<u8>, &'static str> {
    let rest = payload.get(path.len() + 1..).unwrap_or_default();
    match kind {
        1 => {
            let names = listed(tree, path)?;
            if names.len() > PAYLOAD_MAX {
                return Err("E2BIG");
            }
            Ok(names)
        }
        2 => tree.read(path).map(<[u8]>::to_vec).ok_or("ENOENT"),
        3 => tree.permissions(path).map(<[u8]>::to_vec).ok_or("ENOENT"),
        11 => {
            tree.write(path, rest);
            Ok(DONE.to_vec())
        }
        12 => {
            tree.make(path);
            Ok(DONE.to_vec())
        }
        13 if !tree.remove(path) => Err("ENOENT"),
        13 => Ok(DONE.to_vec()),
        14 => tree.set_permissions(path, rest).map(|()| DONE.to_vec()),
        22 => {
            let names = listed(tree, path)?;
            let offset = String::from_utf8_lossy(rest);
            let offset: usize = offset.trim_end_matches('\0').parse().map_err(|_| "EINVAL")?;
            let left = names.get(offset..).ok_or("EINVAL")?;
            let cut = if left.len() <= PART {
                left.len()
            } else {
                let fits = left.get(..PART).unwrap_or(left);
                fits.iter().rposition(|byte| *byte == 0).map_or(0, |at| at + 1)
            };
            let part = left.get(..cut).unwrap_or(left);
            let end: &[u8] = if part.len() == left.len() { &[0] } else { &[] };
            Ok([format!("{}\0", names.len()).as_bytes(), part, end].concat())
        }
        _ => Err("ENOSYS"),
    }
}

fn listed(tree: &Tree, path: &str) -> Result<Vec<u8>, &'static str> {
    let names = tree.names(path).ok_or("ENOENT")?;
    Ok(names
        .iter()
        .flat_map(|name| [name.as_bytes(), &[0]].concat())
        .collect())
}
