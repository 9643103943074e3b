//! Starts the command line.

use std::process::ExitCode;

use mimalloc::MiMalloc;

// Two threads that allocate a lot keep out of each other's way with it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    headwater::cli::main()
}
