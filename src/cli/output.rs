//! What goes to standard output, as text or as one JSON object.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

/// Standard output, as the caller wants it.
pub(super) struct Output {
    json: bool,
    quiet: bool,
}

impl Output {
    pub(super) fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet }
    }

    /// Whether the caller is a program.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// A line for people; nothing with `--json` or `--quiet`.
    pub(super) fn line(&self, text: impl AsRef<str>) -> Result<()> {
        if self.json || self.quiet { Ok(()) } else { self.data(text) }
    }

    /// A line that is the result itself, whatever the caller wants.
    #[expect(clippy::unused_self, reason = "all output goes through one value")]
    pub(super) fn data(&self, text: impl AsRef<str>) -> Result<()> {
        writeln!(io::stdout().lock(), "{}", text.as_ref())?;
        Ok(())
    }

    /// A value as one line of JSON that is the result itself, written as it is made.
    #[expect(clippy::unused_self, reason = "all output goes through one value")]
    pub(super) fn json_line(&self, value: &impl Serialize) -> Result<()> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        serde_json::to_writer(&mut out, value).map_err(io::Error::from)?;
        writeln!(out)?;
        out.flush()?;
        Ok(())
    }

    /// The JSON object; nothing without `--json`.
    pub(super) fn object(&self, value: &impl Serialize) -> Result<()> {
        if self.json { self.data(serde_json::to_string(value)?) } else { Ok(()) }
    }

    /// A progress bar on a terminal, and nothing elsewhere.
    pub(super) fn progress(&self, what: &'static str) -> ProgressBar {
        if self.json || self.quiet || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) =
            ProgressStyle::with_template("{prefix} {wide_bar:.green/8} {pos}/{len} {eta}")
        {
            bar.set_style(style);
        }
        bar.set_prefix(what);
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }
}

/// Whether the reader of our output went away, as `headwater … | head` does: no failure.
pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
