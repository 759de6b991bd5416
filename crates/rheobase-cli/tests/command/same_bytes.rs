//! The same seed gives the same bytes, whatever the number of threads and the SIMD level.

use rheobase::models::lanes::Level;

use crate::{command, finish};

/// Runs that touch every generator, both loops, and files of both kinds.
const RUNS: [&str; 4] = [
    "simulate lif -n 3000 --steps 300 --seed 5 --set tau_m=0.01..0.03 --initial v=0..1 --input noise:1.1,2 --probe v:50",
    "simulate adex --shape 3,20,20 --steps 200 --seed 5 --input 500..900 --input poisson:200,0.5 --wta 2 --silence 5",
    "simulate spiking_leaky_relu -n 70 --steps 300 --seed 5 --input sine:10,30,7 --input ramp:0,50 --probe potential",
    "simulate slif -n 1500 --steps 200 --seed 5 --f64 --input noise:0.5,0.3 --input step:0.05,0.2,0.1",
];

fn bytes(args: &str, threads: &str, level: &str, name: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let args = format!("{args} --threads {threads} -o {name}");
    let mut command = command(folder.path(), &args.split(' ').collect::<Vec<_>>());
    command.env("RHEOBASE_SIMD", level);
    let ran = finish(command);
    assert_eq!(ran.code, Some(0), "{args}: {}", ran.err);
    std::fs::read(folder.path().join(name)).unwrap()
}

#[test]
fn at_one_and_two_threads_and_every_level() {
    let levels: Vec<&str> = Level::ALL.into_iter().filter(|l| l.is_available()).map(Level::name).collect();
    for args in RUNS {
        let want = bytes(args, "1", levels[0], "a.npz");
        for level in &levels {
            for threads in ["1", "2"] {
                assert!(bytes(args, threads, level, "a.npz") == want, "{args}: {level}, {threads} threads");
            }
        }
    }
}

#[test]
fn pictures_and_tables_too() {
    let args = format!("{} --plot a.png", RUNS[0]);
    let spikes = |seed: &str| {
        bytes(&args.replace("--seed 5", seed).replace(" --probe v:50", ""), "2", "scalar", "a.csv")
    };
    assert!(spikes("--seed 5") == spikes("--seed 5"));
    assert!(spikes("--seed 5") != spikes("--seed 6"));
    let picture = |threads: &str| {
        let folder = tempfile::tempdir().unwrap();
        let args = format!("{args} --threads {threads}");
        let ran = finish(command(folder.path(), &args.split(' ').collect::<Vec<_>>()));
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        std::fs::read(folder.path().join("a.png")).unwrap()
    };
    assert!(picture("1") == picture("2"));
}
