//! The binary `rheobase`: the command as a process.

use std::process::ExitCode;

// Populations allocate and free buffers of a tile's size all the time, which the system's allocator gives back to
// the kernel each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(rheobase_cli::run(std::env::args_os()))
}
