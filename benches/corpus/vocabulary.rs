//! What the articles of a folder are made of.

use std::error::Error;
use std::path::Path;
use std::time::SystemTime;

use chrono_tz::Tz;
use headwater::article::memory::Memory;
use headwater::article::scan;

/// Building blocks; of each kind at least one.
pub(crate) struct Vocabulary {
    pub(crate) titles: Vec<String>,
    pub(crate) summaries: Vec<String>,
    pub(crate) sections: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) topics: Vec<String>,
    /// Paragraphs, headings, tables, as written, without notes.
    pub(crate) blocks: Vec<String>,
    /// What stands behind `[^1]: `.
    pub(crate) notes: Vec<String>,
}

impl Vocabulary {
    /// Reads the articles in `folder`.
    ///
    /// # Errors
    ///
    /// The folder cannot be read, or lacks something that articles are made of.
    pub(crate) fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let mut memory = Memory::new(folder, Tz::UTC);
        let found =
            scan::scan(folder, Tz::UTC, &mut memory, SystemTime::now(), &|_| {}, &|| false)?;
        let mut all = Self {
            titles: Vec::new(),
            summaries: Vec::new(),
            sections: Vec::new(),
            tags: Vec::new(),
            topics: Vec::new(),
            blocks: Vec::new(),
            notes: Vec::new(),
        };
        for article in &found.articles {
            all.titles.push(article.title.clone());
            all.summaries.extend(article.summary.clone());
            all.sections.extend(article.section.clone());
            let terms = |field| article.taxonomies.get(field).into_iter().flatten().cloned();
            all.tags.extend(terms("tags"));
            all.topics.extend(terms("main_topics"));
            let body = scan::read_body(folder, &article.path).map_err(|error| error.to_string())?;
            all.take_apart(&body);
        }
        all.tags.sort();
        all.tags.dedup();
        all.topics.sort();
        all.topics.dedup();
        let kinds = [
            ("titles", &all.titles),
            ("summaries", &all.summaries),
            ("folders", &all.sections),
            ("tags", &all.tags),
            ("topics", &all.topics),
            ("paragraphs", &all.blocks),
            ("footnotes", &all.notes),
        ];
        match kinds.iter().find(|(_, found)| found.is_empty()) {
            Some((kind, _)) => {
                Err(format!("the articles in {} have no {kind}", folder.display()).into())
            }
            None => Ok(all),
        }
    }

    fn take_apart(&mut self, body: &str) {
        for block in body.replace("\r\n", "\n").split("\n\n").map(str::trim) {
            if block.starts_with("[^") {
                let notes = block.lines().filter_map(|line| line.split_once("]: "));
                self.notes.extend(notes.map(|(_, note)| note.to_owned()));
            } else if block.matches("```").count().is_multiple_of(2)
                && !block.contains("[^")
                && !block.is_empty()
            {
                self.blocks.push(block.to_owned());
            } else if !block.contains("```") && !block.is_empty() {
                self.blocks.push(without_marks(block));
            }
        }
    }
}

/// The text without marks of notes such as `[^1]`.
fn without_marks(text: &str) -> String {
    let mut parts = text.split("[^");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str(part.split_once(']').map_or("", |(_, rest)| rest));
    }
    kept
}
