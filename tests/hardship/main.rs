//! What an operator is spared: the real binary is killed at any moment, its disk fills up, its store
//! turns read-only or is damaged, its clock is wrong. Feeds stay whole, nothing is lost, what is wrong
//! is told, and all is well again once the cause is gone.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

#[cfg(test)]
mod copies;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod kill;
#[path = "../program/process.rs"]
#[expect(dead_code, reason = "another test binary asks more of it")]
mod process;
#[path = "../program/site.rs"]
#[expect(dead_code, reason = "another test binary asks more of it")]
mod site;
mod world;
