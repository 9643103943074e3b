//! The value of a request header or of a secret address, or where to find it: a secret should not
//! stand in a file that is shared.

use std::fmt;
use std::path::PathBuf;

/// What a header of a source says, or whom an alert is for.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// This.
    Text(String),
    /// What an environment variable holds when it is needed.
    Env {
        /// Its name.
        name: String,
        /// Where that is said.
        place: Place,
    },
    /// What a file holds when the source is visited, without the line's end.
    File {
        /// Its path, from the folder that all paths start from.
        path: PathBuf,
        /// Where that is said.
        place: Place,
    },
}

/// A place in the source list or the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Column, counted from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    /// Says where the value is from and never what it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(…)"),
            Self::Env { name, .. } => write!(f, "Env({name})"),
            Self::File { path, .. } => write!(f, "File({})", path.display()),
        }
    }
}
