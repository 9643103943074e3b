//! `parse`: what Headwater sees in a feed.

use std::io::Read;
use std::process::ExitCode;

use anyhow::Result;
use chrono::Utc;
use clap::Args;
use tracing_subscriber::filter::LevelFilter;
use url::Url;

use super::Global;
use super::context;
use super::output::Output;
use crate::source::fetch::{Body, Fetcher};
use crate::source::parse::{self, report};
use crate::source::politeness::State;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Files, addresses, or - for standard input
    #[arg(required = true, value_name = "FILE|URL|-")]
    inputs: Vec<String>,
}

pub(super) fn run(global: &Global, arguments: &Arguments, output: &Output) -> Result<ExitCode> {
    context::start_log(global, LevelFilter::WARN, None);
    let mut all_well = true;
    for input in &arguments.inputs {
        match read(input)? {
            Ok(body) => {
                let parsed =
                    parse::parse(&body.bytes, body.content_type.as_deref(), body.url.as_ref());
                drop(body);
                all_well &= parsed.is_ok();
                output.json_line(&report::line(input, &parsed))?;
            }
            Err(reason) => {
                all_well = false;
                output.json_line(&report::failure(input, reason))?;
            }
        }
    }
    Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The bytes of an input, or why there are none.
fn read(input: &str) -> Result<std::result::Result<Body, String>> {
    if input == "-" {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut bytes);
        return Ok(read.map(|_| Body::local(bytes)).map_err(|error| error.to_string()));
    }
    if Url::parse(input).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        return visit(input);
    }
    Ok(std::fs::read(input).map(Body::local).map_err(|error| error.to_string()))
}

/// One visit with the manners of a scheduled one; an address that the caller typed may be private.
fn visit(address: &str) -> Result<std::result::Result<Body, String>> {
    let fetcher = Fetcher::new(super::sources::visiting(None))?;
    let source = super::sources::new_source(address, address);
    let fetched =
        context::runtime()?.block_on(fetcher.visit(&source, &State::default(), Utc::now()));
    let status = fetched.visit.status;
    Ok(fetched.body.ok_or_else(|| {
        fetched
            .visit
            .error
            .unwrap_or_else(|| format!("the server answered {}", status.unwrap_or(0)))
    }))
}
