//! ngc-learn's SLIF cell by its compartments: lateral inhibition and thresholds that adapt keep few cells active:
//! `cargo run -p rheobase --example slif_cell`.

use rheobase::cells::{SlifCell, SlifOptions};
use rheobase::random::Stream;

fn main() -> rheobase::Result<()> {
    let options = SlifOptions {
        tau_m: 20.0,
        resist_m: 5.0,
        thr: 0.3,
        resist_inh: 0.2,
        thr_gain: 0.02,
        thr_leak: 0.001,
        refract_time: 2.0,
        ..SlifOptions::default()
    };
    let mut cell = SlifCell::new("z1", 12, options)?;
    println!("{}", cell.description());

    // Each cell has an input of its own strength, as a layer before it would give it.
    let strength = Stream::new(1, "example", "strength");
    let j: Vec<f32> = (0..12).map(|n| strength.uniform(0, 0, n) as f32).collect();
    let mut counts = [0.0f32; 12];
    for step in 0..300 {
        cell.set("j", &j)?;
        cell.advance(f64::from(step), 1.0)?;
        for (count, s) in counts.iter_mut().zip(cell.get("s")?) {
            *count += s;
        }
    }
    println!("cell  input  spikes  threshold  last spike");
    let (thr, last) = (cell.get("thr")?, cell.get("tols")?);
    for n in 0..12 {
        println!("{n:4}  {:5.2}  {:6}  {:9.3}  {:7} ms", j[n], counts[n], thr[n], last[n]);
    }

    // Its state travels in a file of ngc-learn's layout.
    let folder = std::env::temp_dir().join(format!("rheobase-slif-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|e| rheobase::Error::file(&folder, e.to_string()))?;
    cell.save(&folder)?;
    cell.reset();
    cell.load(&folder)?;
    std::fs::remove_dir_all(&folder).map_err(|e| rheobase::Error::file(&folder, e.to_string()))
}
