//! The threads that answer: one for each core, each with its own connections.
//!
//! An answer from memory takes microseconds, less than it costs to wake another thread for it. So a
//! connection stays with the thread that it was given to, and nothing of it ever moves.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Threads of each hand for what may not be done in between: reading a file, compressing it.
const HELPERS: usize = 4;

/// The threads. They end when this is dropped, and with them what is still connected.
#[derive(Debug)]
pub struct Hands {
    handles: Vec<Handle>,
    next: AtomicUsize,
    _end: DropGuard,
}

impl Hands {
    /// Starts as many as there are cores.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub fn start() -> io::Result<Self> {
        let end = CancellationToken::new();
        let mut handles = Vec::new();
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            let mut builder = Builder::new_current_thread();
            let runtime = builder.enable_all().max_blocking_threads(HELPERS).build()?;
            handles.push(runtime.handle().clone());
            let end = end.clone();
            thread::Builder::new().name("answers".to_owned()).spawn(move || {
                runtime.block_on(end.cancelled());
                // Who still reads a file for nobody is not waited for.
                runtime.shutdown_background();
            })?;
        }
        Ok(Self { handles, next: AtomicUsize::new(0), _end: end.drop_guard() })
    }

    /// Whose turn it is.
    pub fn next(&self) -> &Handle {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        &self.handles[turn % self.handles.len()]
    }
}
