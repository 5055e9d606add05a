//! The command line, and by whom memory is kept; nothing else.

use std::process::ExitCode;

use tikv_jemallocator::Jemalloc;

/// A page is made of thousands of small allocations that are given back at once. By the system's own allocator a third of its time goes
/// into them, and what is given back on one thread is kept for that one.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    casebell::cli::run()
}
