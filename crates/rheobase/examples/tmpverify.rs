fn main() {
    let paths: Vec<std::path::PathBuf> = std::env::args().skip(1).map(Into::into).collect();
    let mut n = [0; 4];
    for f in rheobase::verify::find_traces(&paths).unwrap() {
        let r = rheobase::verify::verify_file(&f);
        n[r.status as usize] += 1;
        if r.status.name() == "not_covered" {
            continue;
        }
        println!(
            "{:12} {} {:?} flips {}",
            r.status.name(),
            f.file_name().unwrap().to_string_lossy(),
            r.reason,
            r.flips
        );
        if r.status.name() == "fail" {
            for a in &r.arrays {
                println!("      {} {} {:e} {:?}", a.name, a.agrees, a.worst, a.at);
            }
        }
    }
    println!("{n:?}");
}
