//! `init`: a folder to begin with.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;

use super::output::Output;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where to write
    #[arg(default_value = ".")]
    folder: PathBuf,
}

/// What is written: the example's own configuration and vocabulary, and a source list and an
/// article to be replaced.
const FILES: &[(&str, &str)] = &[
    ("config/headwater.yaml", include_str!("../../config/headwater.yaml")),
    ("config/vocabulary.yaml", include_str!("../../config/vocabulary.yaml")),
    ("config/sources.yaml", include_str!("templates/sources.yaml")),
    ("articles/notes/welcome.md", include_str!("templates/welcome.md")),
];

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode> {
    let (mut written, mut kept) = (Vec::new(), Vec::new());
    for (name, text) in FILES {
        let path = arguments.folder.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("{}: cannot make the folder", folder.display()))?;
        }
        // `create_new` never overwrites, even when somebody else writes at the same moment.
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(text.as_bytes())
                    .with_context(|| format!("{}: cannot write", path.display()))?;
                written.push(path.display().to_string());
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                kept.push(path.display().to_string());
            }
            Err(error) => {
                return Err(error).with_context(|| format!("{}: cannot write", path.display()));
            }
        }
    }
    for path in &written {
        output.line(format!("wrote {path}"))?;
    }
    for path in &kept {
        output.line(format!("kept  {path}"))?;
    }
    output.line("Next: set site.url in config/headwater.yaml, then run `headwater check`.")?;
    output.object(&json!({"written": written, "kept": kept}))?;
    Ok(ExitCode::SUCCESS)
}
