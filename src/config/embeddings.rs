//! Reads the embedding model that the configuration names: a folder of files that others made.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::problem::Problem;
use crate::suggest::embedding::{Embeddings, PIECES, TABLE};

/// Most bytes of the table: four times those of the largest model that model2vec's authors have
/// published (500,000 vectors of 256 numbers in single precision). All of it is held in memory.
const TABLE_MOST: u64 = 2 << 30;

/// Most bytes of the list of pieces: several times those of a list of 500,000.
const PIECES_MOST: u64 = 256 << 20;

/// What an operator can do about a file that is wrong.
const HINT: &str = "suggest.embeddings names a folder as model2vec's save_pretrained writes it";

/// The model in `folder`.
pub(super) fn load(folder: &Path) -> Result<Embeddings, Problem> {
    let problem = |file: &str, place, message: String| {
        Problem::new(folder.join(file).display().to_string(), place, message).hint(HINT)
    };
    let read = |file, most| {
        read(&folder.join(file), most).map_err(|message| problem(file, (1, 1), message))
    };
    Embeddings::new(&read(PIECES, PIECES_MOST)?, read(TABLE, TABLE_MOST)?)
        .map_err(|wrong| problem(wrong.file, wrong.place, wrong.message))
}

/// The bytes of a file that has at most so many.
fn read(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let cannot = |error: io::Error| format!("cannot be read: {error}");
    // Asked before it is opened: whoever opens a pipe waits for a writer.
    let known = path.metadata().map_err(cannot)?;
    if !known.is_file() {
        return Err("is not a file".to_owned());
    }
    let mut bytes = Vec::new();
    // It may be growing while it is read.
    let file = File::open(path).map_err(cannot)?;
    if known.len() <= most {
        file.take(most + 1).read_to_end(&mut bytes).map_err(cannot)?;
    }
    if known.len().max(bytes.len() as u64) > most {
        return Err(format!("has more than {} MiB, the most that is read", most >> 20));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_model_lies_below_the_root_and_none_is_usual() {
        let least = "root: /srv/site\nsite: {title: T, url: 'https://example.org/'}\n";
        let config = Config::parse("h.yaml", least, &[]).unwrap();
        assert!(config.load_embeddings().unwrap().is_none());
        let text = format!("{least}suggest: {{embeddings: no/model}}\n");
        let config = Config::parse("h.yaml", &text, &[]).unwrap();
        let problem = config.load_embeddings().unwrap_err()[0].to_string();
        let expected = "/srv/site/no/model/tokenizer.json:1:1: cannot be read: ";
        assert!(problem.starts_with(expected), "{problem}");
    }

    #[test]
    fn what_is_too_large_or_no_file_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let problem = || load(folder.path()).unwrap_err().message;
        std::fs::create_dir(folder.path().join(PIECES)).unwrap();
        assert_eq!(problem(), "is not a file");
        std::fs::remove_dir(folder.path().join(PIECES)).unwrap();
        // A file of nothing but a hole, which takes no space.
        File::create(folder.path().join(PIECES)).unwrap().set_len(PIECES_MOST + 1).unwrap();
        assert_eq!(problem(), "has more than 256 MiB, the most that is read");
    }
}
