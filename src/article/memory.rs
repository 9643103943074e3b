//! What an earlier scan read, so that a file that has not changed is not parsed again.
//!
//! Holds articles by path, each with the [`Stamp`] of its file. On disk it lies in a few pieces, so
//! that one changed article costs the writing of one piece. It is a convenience and nothing else:
//! a piece that is missing, broken, or made by another version or for another time zone is as good
//! as empty. Files that could not be articles are not remembered; they are read again each time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono_tz::Tz;
use foldhash::HashMap;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Article;
use crate::stamp::{self, Stamp};

/// How many pieces there are: few enough to be opened in no time, many enough to be small.
const PIECES: usize = 32;

/// Articles by path.
#[derive(Debug, Default)]
pub struct Memory {
    known: HashMap<String, (Stamp, Arc<Article>)>,
    /// What it holds for: the program, the folder and the time zone.
    key: u64,
    /// Pieces that differ from those on disk.
    stale: BTreeSet<usize>,
}

#[derive(Serialize, Deserialize)]
struct Piece {
    key: u64,
    known: Vec<(String, Stamp, Arc<Article>)>,
}

impl Memory {
    /// An empty memory of the articles in `articles`, whose dates without a zone are meant in `zone`.
    pub fn new(articles: &Path, zone: Tz) -> Self {
        let mut hasher = DefaultHasher::new();
        let folder = fs::canonicalize(articles).unwrap_or_else(|_| articles.to_owned());
        (stamp::program(), folder, zone.name()).hash(&mut hasher);
        Self { key: hasher.finish(), ..Self::default() }
    }

    /// What was kept in `folder`.
    pub fn load(folder: &Path, articles: &Path, zone: Tz) -> Self {
        let mut memory = Self::new(articles, zone);
        let read = |piece: usize| -> Option<Piece> {
            let bytes = fs::read(place(folder, piece)).ok()?;
            postcard::from_bytes(&bytes).ok()
        };
        let pieces: Vec<Option<Piece>> = (0..PIECES).into_par_iter().map(read).collect();
        for (at, piece) in pieces.into_iter().enumerate() {
            match piece.filter(|piece| piece.key == memory.key) {
                Some(piece) => memory.known.extend(
                    piece.known.into_iter().map(|(path, stamp, known)| (path, (stamp, known))),
                ),
                None => drop(memory.stale.insert(at)),
            }
        }
        memory
    }

    /// Keeps in `folder` what is not there yet. Files are written beside and renamed.
    ///
    /// # Errors
    ///
    /// The system refuses; what was kept before is whole even then.
    pub fn save(&mut self, folder: &Path) -> io::Result<()> {
        if self.stale.is_empty() {
            return Ok(());
        }
        fs::create_dir_all(folder)?;
        let mut pieces: BTreeMap<usize, Piece> = self
            .stale
            .iter()
            .map(|piece| (*piece, Piece { key: self.key, known: Vec::new() }))
            .collect();
        for (path, (stamp, article)) in &self.known {
            if let Some(piece) = pieces.get_mut(&piece_of(path)) {
                piece.known.push((path.clone(), *stamp, Arc::clone(article)));
            }
        }
        pieces.par_iter().try_for_each(|(at, piece)| {
            let bytes = postcard::to_stdvec(piece).map_err(io::Error::other)?;
            let file = place(folder, *at);
            let beside = file.with_extension(format!("{}.tmp", std::process::id()));
            fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, &file)).inspect_err(|_| {
                // Half a file is of no use to anybody.
                drop(fs::remove_file(&beside));
            })
        })?;
        self.stale.clear();
        Ok(())
    }

    /// The article that was read from the file at `path` when it had this stamp.
    pub(super) fn find(&self, path: &str, stamp: Stamp) -> Option<Arc<Article>> {
        let (seen, article) = self.known.get(path)?;
        (*seen == stamp).then(|| Arc::clone(article))
    }

    /// Remembers an article.
    pub(super) fn keep(&mut self, path: String, stamp: Stamp, article: Arc<Article>) {
        self.stale.insert(piece_of(&path));
        self.known.insert(path, (stamp, article));
    }

    /// Forgets every file but those at `paths`, which are in order.
    pub(super) fn retain(&mut self, paths: &[String]) {
        // As nearly always.
        let known = paths.iter().filter(|path| self.known.contains_key(*path)).count();
        if known == self.known.len() {
            return;
        }
        let stale = &mut self.stale;
        self.known.retain(|path, _| {
            let there = paths.binary_search(path).is_ok();
            if !there {
                stale.insert(piece_of(path));
            }
            there
        });
    }
}

fn piece_of(path: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    usize::try_from(hasher.finish() % PIECES as u64).unwrap_or_default()
}

fn place(folder: &Path, piece: usize) -> PathBuf {
    folder.join(format!("articles-{piece:02}.bin"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Reference;
    use chrono::NaiveDate;
    use std::os::unix::fs::MetadataExt;

    fn stamp_of(text: &str) -> Stamp {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), text).unwrap();
        Stamp::of(&fs::metadata(folder.path().join("a")).unwrap())
    }

    fn article(path: &str) -> Arc<Article> {
        let day = NaiveDate::from_ymd_opt(2025, 6, 13);
        let cited = Reference { published: day, accessed: None, ..Reference::default() };
        Arc::new(Article {
            path: path.into(),
            title: format!("of {path}"),
            references: [cited].into(),
            ..Article::default()
        })
    }

    #[test]
    fn what_was_kept_is_found_again_by_path_and_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (stamp_of("old"), stamp_of("newer"));
        let mut memory = Memory::new(Path::new("articles"), Tz::UTC);
        for path in ["a.md", "b/c.md"] {
            memory.keep(path.into(), old, article(path));
        }
        memory.save(folder.path()).unwrap();

        let mut memory = Memory::load(folder.path(), Path::new("articles"), Tz::UTC);
        assert_eq!(memory.find("a.md", old), Some(article("a.md")));
        assert_eq!(memory.find("a.md", new), None);
        memory.retain(&["b/c.md".to_owned()]);
        memory.save(folder.path()).unwrap();
        let memory = Memory::load(folder.path(), Path::new("articles"), Tz::UTC);
        assert_eq!(memory.find("a.md", old), None);
        assert_eq!(memory.find("b/c.md", old), Some(article("b/c.md")));
    }

    #[test]
    fn another_zone_another_folder_and_broken_pieces_are_as_good_as_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let stamp = stamp_of("text");
        let mut memory = Memory::new(Path::new("articles"), Tz::UTC);
        memory.keep("a.md".into(), stamp, article("a.md"));
        memory.save(folder.path()).unwrap();
        let found = |articles: &str, zone: Tz| {
            Memory::load(folder.path(), Path::new(articles), zone).find("a.md", stamp).is_some()
        };
        assert!(found("articles", Tz::UTC));
        assert!(!found("articles", Tz::Asia__Shanghai));
        assert!(!found("others", Tz::UTC));
        for file in fs::read_dir(folder.path()).unwrap() {
            let file = file.unwrap().path();
            let half = fs::read(&file).unwrap();
            fs::write(&file, &half[..half.len() / 2]).unwrap();
        }
        assert!(!found("articles", Tz::UTC));
    }

    #[test]
    fn only_what_changed_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let inodes = || -> BTreeMap<PathBuf, u64> {
            fs::read_dir(folder.path())
                .unwrap()
                .map(|file| file.unwrap())
                .map(|file| (file.path(), file.metadata().unwrap().ino()))
                .collect()
        };
        Memory::load(folder.path(), Path::new("articles"), Tz::UTC).save(folder.path()).unwrap();
        let before = inodes();
        assert_eq!(before.len(), PIECES);
        let mut memory = Memory::load(folder.path(), Path::new("articles"), Tz::UTC);
        memory.keep("a.md".into(), stamp_of("text"), article("a.md"));
        memory.save(folder.path()).unwrap();
        let after = inodes();
        let changed: Vec<_> =
            after.iter().filter(|(file, inode)| before[*file] != **inode).collect();
        assert_eq!(changed.len(), 1);
    }
}
