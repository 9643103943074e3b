//! The jobs, and the daemon that runs them: the one place that knows everybody.

pub mod fetch;
pub mod lock;
pub mod regen;
pub mod suggest;
pub mod watch;
