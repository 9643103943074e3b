//! The program as its users meet it: the real binary on a copy of the example site.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

#[cfg(test)]
mod asking;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod citing;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod daemon;
#[cfg(test)]
mod embedding;
#[cfg(test)]
mod process;
#[cfg(test)]
mod publishing;
#[cfg(test)]
mod pushing;
mod site;
#[cfg(test)]
mod subscribing;
#[cfg(test)]
mod telling;
#[cfg(test)]
mod together;
#[cfg(test)]
mod verdicts;
