//! The command line: arguments, one file for each command, exit codes.
//!
//! A command reads its arguments, calls the library, and prints. What it prints for programs is in
//! the contract (`--json`); what it prints for people is a few plain lines. Nothing is decided
//! here that the daemon would have to decide again.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

mod backup;
mod check;
mod cite;
mod context;
mod evaluate;
mod fetch;
mod file;
mod init;
mod learn;
mod output;
mod parse;
mod readers;
mod regen;
mod run;
mod shell;
mod sources;
mod status;
mod stories;
mod suggest;
mod verdict;
mod verdicts;

use output::Output;

/// Feeds for a folder of Markdown articles, and references worth citing in them
#[derive(Debug, Parser)]
#[command(name = "headwater", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  headwater run                             feeds, sources and suggestions, until stopped
  headwater regen                           write the feeds that changed, once
  headwater suggest articles/insights/a.md  what could this article cite?
  headwater sources add https://example.org find a site's feed and follow it
  headwater status                          is everything well? (exit status 1 if not)

Documentation: README.md and docs/guide.md";

/// What every command understands.
#[derive(Debug, Args)]
struct Global {
    /// Configuration file [default: config/headwater.yaml, then /etc/headwater/headwater.yaml]
    #[arg(long, global = true, env = "HEADWATER_CONFIG", value_name = "FILE")]
    config: Option<std::path::PathBuf>,
    /// Override a configuration key, for example site.url=https://example.org/
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
    /// Print one JSON object instead of text
    #[arg(long, global = true)]
    json: bool,
    /// Print nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Log more; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a commented configuration, a source list, a vocabulary and an example article
    Init(init::Arguments),
    /// Check the configuration, the sources, the vocabulary and every article
    Check(check::Arguments),
    /// Read the articles and write the feeds that changed
    Regen(regen::Arguments),
    /// Visit the sources that are due
    Fetch(fetch::Arguments),
    /// Suggest references for an article, a topic, or everything recent
    Suggest(suggest::Arguments),
    /// Show the stories of the last days, largest first
    Stories(stories::Arguments),
    /// Record that a suggestion is worth citing
    Accept(verdict::Accept),
    /// Record that a suggestion is not worth citing
    Reject(verdict::Reject),
    /// Export verdicts, or tell how far editors agree
    #[command(subcommand)]
    Verdicts(verdicts::Command),
    /// Learn from verdicts how much each feature should count
    Learn(learn::Arguments),
    /// Append suggestions to an article as footnotes
    Cite(cite::Arguments),
    /// Measure the ranker on articles whose references are known
    Evaluate(evaluate::Arguments),
    /// Run the daemon: schedules, file watching, HTTP server
    Run(run::Arguments),
    /// Manage the source list
    #[command(subcommand)]
    Sources(sources::Command),
    /// Show who reads which feed
    Readers(readers::Arguments),
    /// Show what Headwater sees in a feed, a JSON line for each
    Parse(parse::Arguments),
    /// Tell how feeds, sources and schedules are
    Status(status::Arguments),
    /// Copy the database, also while the daemon runs
    Backup(backup::Backup),
    /// Put a copy in the place of the database
    Restore(backup::Restore),
    /// Print a completion script for a shell
    Completions(shell::Completions),
    /// Print the manual page
    Man,
}

/// Something that the caller must mend: arguments or configuration. Exit status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// Runs the command line and tells the exit status: 0 done, 1 failed or unhealthy, 2 wrong usage
/// or configuration.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are printed to standard output and are no errors.
            let code = if error.use_stderr() { 2 } else { 0 };
            // A closed pipe has nobody to tell.
            drop(error.print());
            return ExitCode::from(code);
        }
    };
    let mut output = Output::new(cli.global.json, cli.global.quiet);
    match run(cli, &mut output) {
        Ok(code) => code,
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("headwater: {error:#}");
            ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
        }
    }
}

fn run(cli: Cli, output: &mut Output) -> Result<ExitCode> {
    let Cli { global, command } = cli;
    match command {
        Command::Init(arguments) => init::run(&arguments, output),
        Command::Check(arguments) => check::run(&global, &arguments, output),
        Command::Regen(arguments) => regen::run(&global, &arguments, output),
        Command::Fetch(arguments) => fetch::run(&global, &arguments, output),
        Command::Suggest(arguments) => suggest::run(&global, &arguments, output),
        Command::Stories(arguments) => stories::run(&global, &arguments, output),
        Command::Accept(arguments) => verdict::accept(&global, &arguments, output),
        Command::Reject(arguments) => verdict::reject(&global, &arguments, output),
        Command::Verdicts(command) => verdicts::run(&global, &command, output),
        Command::Learn(arguments) => learn::run(&global, &arguments, output),
        Command::Cite(arguments) => cite::run(&global, &arguments, output),
        Command::Evaluate(arguments) => evaluate::run(&global, &arguments, output),
        Command::Run(arguments) => run::run(&global, &arguments, output),
        Command::Sources(command) => sources::run(&global, command, output),
        Command::Readers(arguments) => readers::run(&global, &arguments, output),
        Command::Parse(arguments) => parse::run(&global, &arguments, output),
        Command::Status(arguments) => status::run(&global, &arguments, output),
        Command::Backup(arguments) => backup::backup(&global, &arguments, output),
        Command::Restore(arguments) => backup::restore(&global, &arguments, output),
        Command::Completions(arguments) => shell::completions(&arguments, output),
        Command::Man => shell::man(output),
    }
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE, for example site.url=https://example.org/".to_owned()),
    }
}
