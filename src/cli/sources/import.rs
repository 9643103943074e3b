//! `sources import`: the feeds of an OPML list, as far as they can be followed.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use serde_json::json;

use super::{change, made_identifier, new_source};
use crate::cli::output::Output;
use crate::cli::{Usage, context};
use crate::config::{Config, sources};
use crate::source::opml::{self, Outline, Refused};
use crate::source::{Source, charset};

/// Largest list in bytes; ten thousand feeds take a quarter of it.
const LARGEST: u64 = 16 << 20;

pub(super) fn import(config: &Config, file: &Path, output: &Output) -> Result<()> {
    let name = context::shown(file);
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .with_context(|| format!("{name}: cannot be read"))?;
    if bytes.len() as u64 > LARGEST {
        let limit = LARGEST >> 20;
        return Err(anyhow!(Usage(format!(
            "{name}: is larger than {limit} MiB; cut it in pieces"
        ))));
    }
    let imported = opml::import(&charset::decode(&bytes, None))
        .map_err(|error| anyhow!(Usage(format!("{name}: {error}"))))?;
    let mut done = Done { refused: imported.refused, ..Done::default() };
    change(config, |text| {
        done.merge(sources::read(text)?, imported.outlines);
        sources::append(text, &done.added)
    })?;
    for source in &done.added {
        output.line(format!("added {}: {} ({})", source.id, source.name, source.url))?;
    }
    for (url, id) in &done.known {
        output.line(format!("there already as {id}: {url}"))?;
    }
    for Refused { name, reason } in &done.refused {
        output.line(format!("refused {name}: {reason}"))?;
    }
    let (added, known, refused) = (done.added.len(), done.known.len(), done.refused.len());
    output.line(format!("{added} added, {known} there already, {refused} refused"))?;
    let added: Vec<_> = done.added.iter().map(|source| &source.id).collect();
    let refused = done.refused.iter().map(|it| json!({"name": it.name, "reason": it.reason}));
    let refused: Vec<_> = refused.collect();
    output.object(&json!({"added": added, "known": known, "refused": refused}))
}

/// What became of the outlines of a list.
#[derive(Default)]
struct Done {
    added: Vec<Source>,
    /// Addresses that were there, and what they are called.
    known: Vec<(String, String)>,
    refused: Vec<Refused>,
}

impl Done {
    fn merge(&mut self, list: Vec<Source>, outlines: Vec<Outline>) {
        let mut ids: HashSet<String> = list.iter().map(|source| source.id.clone()).collect();
        let mut urls: std::collections::HashMap<String, String> =
            list.into_iter().map(|source| (source.url, source.id)).collect();
        for outline in outlines {
            let url = match followed(&outline.url) {
                Ok(url) => url,
                Err(reason) => {
                    let name = outline.title.unwrap_or(outline.url);
                    self.refused.push(Refused { name, reason });
                    continue;
                }
            };
            if let Some(id) = urls.get(&url) {
                self.known.push((url, id.clone()));
                continue;
            }
            let base = made_identifier(&url);
            let numbered = (2..).map(|number| format!("{base}-{number}"));
            let free = std::iter::once(base.clone()).chain(numbered).find(|id| !ids.contains(id));
            let id = free.unwrap_or_default();
            let mut source = new_source(&id, &url);
            source.name = outline.title.unwrap_or_else(|| id.clone());
            source.topics = outline.topics;
            source.language = outline.language;
            ids.insert(id.clone());
            urls.insert(url, id);
            self.added.push(source);
        }
    }
}

/// The address of an outline, where a list from elsewhere may name it: not a file of this machine.
fn followed(url: &str) -> std::result::Result<String, String> {
    let url = match url.strip_prefix("feed:") {
        Some(rest) if rest.starts_with("//") => format!("http:{rest}"),
        Some(rest) => rest.to_owned(),
        None => url.to_owned(),
    };
    if url.starts_with("file:") {
        return Err(format!("{url} is a file; only the list itself may name one"));
    }
    sources::address(&url)
}
