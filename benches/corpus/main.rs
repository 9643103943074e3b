//! Writes a folder of articles as large and as varied as a real site's, for measuring.
//!
//! ```text
//! cargo bench --bench corpus -- --out DIR [--articles 10000] [--from articles] [--seed 1]
//! ```
//!
//! Paragraphs, titles, tags and references are those of the articles in `--from`, put together anew.
//! The same arguments give the same bytes.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use clap::Parser;

mod draw;
mod shape;
mod vocabulary;

use draw::Draw;
use shape::{Growth, Site};
use vocabulary::Vocabulary;

#[derive(Parser)]
struct Arguments {
    /// Folder to write the articles to; must not exist yet
    #[arg(long)]
    out: PathBuf,
    /// How many articles
    #[arg(long, default_value_t = 10_000)]
    articles: usize,
    /// Folder of the articles that give the words
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/articles"))]
    from: PathBuf,
    #[command(flatten)]
    growth: Growth,
    /// Another number gives other articles
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What `cargo bench` adds to the arguments
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    if arguments.out.exists() {
        return Err(format!("{} exists; name another folder", arguments.out.display()).into());
    }
    let vocabulary = Vocabulary::read(&arguments.from)?;
    let draw = Draw::new(arguments.seed);
    let mut site = Site::new(&vocabulary, arguments.articles, &arguments.growth, draw);
    let mut bytes = 0;
    for number in 0..arguments.articles {
        let article = site.article(number);
        let path = arguments.out.join(article.path);
        fs::create_dir_all(path.parent().unwrap_or(&arguments.out))?;
        bytes += article.text.len();
        fs::write(path, article.text)?;
    }
    let (tags, once) = site.tags();
    println!(
        "{} articles, {:.1} MB, {tags} tags, {once} of them used once, in {}",
        arguments.articles,
        bytes as f64 / 1e6,
        arguments.out.display(),
    );
    Ok(())
}
