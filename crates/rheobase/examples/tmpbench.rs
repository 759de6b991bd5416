use rheobase::*;
use rheobase_models::lanes::Level;
use std::time::Instant;
fn main() {
    let n = 20000;
    let steps = 1000;
    for (name, lo, hi) in [
        ("lif", 0.95f32, 1.06f32),
        ("adex", 500.0, 600.0),
        ("adaptive", 0.1, 0.25),
        ("cooldown", -0.2, 0.2),
        ("spiking_leaky_relu", 0.0, 40.0),
        ("slif", 0.35, 0.45),
    ] {
        for level in [Level::Scalar, Level::Sse2, Level::Avx2, Level::Avx512] {
            let mut b = Population::<f32>::builder(Catalog::standard().get(name).unwrap(), &[n])
                .threads(1)
                .level(level);
            if name == "lif" {
                b = b.set("t_ref", 0.002);
            }
            let mut p = b.build().unwrap();
            let x: Vec<f32> = (0..n).map(|i| lo + (hi - lo) * (i as f32) / (n as f32)).collect();
            let mut best = [f64::MAX; 2];
            let mut rate = 0.0;
            for rep in 0..25 {
                for (k, s) in [Spikes::None, Spikes::Bits].into_iter().enumerate() {
                    let t = Instant::now();
                    let r = p.run(steps, &Input::Constant(&x), &Record::spikes(s)).unwrap();
                    let e = t.elapsed().as_secs_f64() * 1e9 / (n * steps) as f64;
                    best[k] = best[k].min(e);
                    if let Some(b) = r.bits {
                        rate = b.count() as f64 / n as f64 / (steps as f64 * 1e-3);
                    }
                    let _ = rep;
                }
            }
            println!(
                "{name:20} {:8} none {:.3} ns  bits {:.3} ns  rate {rate:.1} Hz",
                level.name(),
                best[0],
                best[1]
            );
        }
    }
}
