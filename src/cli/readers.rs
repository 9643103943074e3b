//! `readers`: who reads which feed.

use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use super::Global;
use super::context;
use super::output::Output;
use crate::daemon::readers;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// How many days to look back; an aggregator that was not seen in them does not count
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=90))]
    days: u64,
}

pub(super) fn run(global: &Global, arguments: &Arguments, output: &Output) -> Result<ExitCode> {
    context::start_log(global, LevelFilter::WARN, None);
    let config = context::load(global)?;
    let store = context::store(&config)?;
    let first = (readers::today(SystemTime::now()) + 1).saturating_sub(arguments.days);
    let feeds = readers::summary(&store.readers_since(first)?);
    if feeds.is_empty() {
        output.line("nobody has read a feed from the server of `headwater run` in these days")?;
    } else {
        output.line("subscribers  readers a day  feed")?;
    }
    for feed in &feeds {
        let of = feed.aggregators.iter().map(|one| format!("{} {}", one.name, one.subscribers));
        let of = of.collect::<Vec<_>>().join(", ");
        let of = if of.is_empty() { of } else { format!("  ({of})") };
        output
            .line(format!("{:>11}  {:>13}  {}{of}", feed.subscribers, feed.readers, feed.feed))?;
    }
    output.object(&json!({"days": arguments.days, "feeds": feeds}))?;
    Ok(ExitCode::SUCCESS)
}
