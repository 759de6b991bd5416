//! How long a file of events takes to be read, and how much memory: `cargo run --release -p rheobase-data --example reading FILE`.

use std::time::Instant;

use rheobase_data::{EventOptions, TrainOptions, read_events, read_shd_dataset, read_trains};

// As in the command and the Python package: large pages for large buffers, where the system has them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args().skip(1) {
        let begin = Instant::now();
        let (what, count) = if let Ok(data) = read_shd_dataset(&path, &EventOptions::new(1e-3)) {
            ("samples of events", data.samples())
        } else if let Ok(events) = read_events(&path, &TrainOptions::default()) {
            ("camera events", events.t.len())
        } else {
            ("spikes", read_trains(&path, &TrainOptions::default())?.spikes())
        };
        let seconds = begin.elapsed().as_secs_f64();
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("unknown").trim();
        println!("{path}: {count} {what} in {seconds:.3} s; most memory so far: {peak}");
    }
    Ok(())
}
