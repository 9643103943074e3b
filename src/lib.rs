//! Headwater turns a folder of Markdown articles into feeds, and upstream feeds into reference
//! suggestions for those articles.
//!
//! ```text
//!  articles/ ──scan──▶ Catalog ──plan──▶ Feed ──render──▶ bytes ──write──▶ feeds/
//!                         │
//!                         ▼  what was written about, and what it cites
//!  upstream ──fetch──▶ bytes ──parse──▶ Item ──store──▶ Story ──rank──▶ Suggestion
//! ```
//!
//! The modules, in the order in which a stranger should read them:
//!
//! 1. [`article`] reads a Markdown file into an [`article::Article`] with its references.
//! 2. [`catalog`] gives every article its address and its terms under canonical names.
//! 3. [`feed`] plans the feeds of a catalog, renders them in three formats and writes them.
//! 4. [`source`] decides when to visit an upstream feed, visits it, and reads what came.
//! 5. [`store`] keeps sources' states, items, suggestions and verdicts.
//! 6. [`suggest`] groups items into stories and ranks them for an article or a topic.
//! 7. [`config`] is the one description of all of it that an operator writes.
//! 8. [`daemon`] runs the jobs, [`web`] serves the results, [`cli`] is the command line.
//!
//! Everything down to `suggest` is plain functions over plain data, but for the files whose names
//! say that they touch the world: `scan`, `memory`, `write`, `fetch`, `store`.

pub mod address;
pub mod article;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod date;
pub mod feed;
pub mod language;
pub mod problem;
pub mod source;
pub mod stamp;
pub mod store;
pub mod suggest;
pub mod web;
