//! Whole pictures: well-formed, labelled, the same bytes each time, small enough, and clear about bad data.

use super::*;
use rheobase_base::Error;
use rheobase_models::neuron::Time;

fn text_of(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).expect("well-formed XML");
    document
        .descendants()
        .filter(|n| n.has_tag_name("text"))
        .filter_map(|n| n.text().map(str::to_string))
        .collect()
}

fn ramp(n: usize) -> Vec<f64> {
    (0..n).map(|i| i as f64 * 0.01).collect()
}

/// One figure of every kind, with words that must stand in it.
fn every_kind() -> Vec<(&'static str, Figure, Vec<&'static str>)> {
    [kinds_of_activity(), kinds_of_learning()].concat()
}

fn kinds_of_activity() -> Vec<(&'static str, Figure, Vec<&'static str>)> {
    let t = ramp(50);
    let edges = [-0.02, -0.01, 0.0, 0.01];
    let field = [[0.0, 0.0], [1.0, 1.0]];
    let run = Simulation::new(0.0, 0.5, &[0.1, 0.2], &[0, 3], 4)
        .input(Traces::new(&t, "input", "nA").trace("", &t))
        .potential(Traces::new(&t, "potential", "mV").trace("neuron 0", &t).threshold(0.3));
    let fi = FiCurve::new("current", "nA").closed_form("closed form", &t, &t).simulated("runs", &t, &t);
    let phase = PhasePlane::new(("v", "mV", -1.0, 1.0), ("w", "", -1.0, 1.0))
        .field(&field, &field)
        .nullcline("dv/dt = 0", [&field[..]])
        .fixed_point([0.0, 0.0], Stability::Saddle)
        .same_nullcline("dv/dt = 0, off", [&field[..]])
        .threshold([&field[..]])
        .fixed_point([0.5, 0.0], Stability::Neutral)
        .trajectory_in_pieces("jumps", [&field[..1], &field[..]])
        .trajectory("path", &field);
    let speed = PhaseLine::new(("v", "mV"), ("dv/dt", "mV/s"))
        .curve("input", &field)
        .fixed_point(0.0, Stability::Stable)
        .threshold(0.5);
    vec![
        ("raster", Raster::new(&t, &[1; 50], 2).figure().unwrap(), vec!["time (ms)", "neuron", "50 spikes"]),
        ("traces", Traces::new(&t, "v", "V").trace("a", &t).figure().unwrap(), vec!["v (mV)", "time (ms)"]),
        (
            "rates",
            Rates::new(&t).rate_with_band("e", &t, &t, &t).figure().unwrap(),
            vec!["firing rate (Hz)", "e"],
        ),
        ("simulation", run.figure().unwrap(), vec!["input (nA)", "potential (mV)", "neuron", "threshold"]),
        ("f-I", fi.figure().unwrap(), vec!["current (nA)", "firing rate (Hz)", "closed form", "runs"]),
        (
            "phase",
            phase.figure().unwrap(),
            vec![
                "v (mV)",
                "w",
                "saddle",
                "neutral",
                "path",
                "jumps",
                "dv/dt = 0",
                "dv/dt = 0, off",
                "threshold",
            ],
        ),
        ("speed", speed.figure().unwrap(), vec!["v (mV)", "dv/dt (mV/s)", "input", "stable", "threshold"]),
        ("intervals", Intervals::new(&t[1..]).figure().unwrap(), vec!["inter-spike interval (ms)"]),
        ("lag", Correlogram::new(&edges, &t[..3], "count").figure().unwrap(), vec!["lag (ms)", "count"]),
        ("distance", DistanceMatrix::new(&t[..9], 3, "d", "").figure().unwrap(), vec!["spike train", "d"]),
        (
            "distance of named trains",
            DistanceMatrix::new(&t[..9], 3, "d", "").names(["one", "two", "three"]).figure().unwrap(),
            vec!["spike train", "two", "d"],
        ),
    ]
}

fn kinds_of_learning() -> Vec<(&'static str, Figure, Vec<&'static str>)> {
    let t = ramp(50);
    let learning = LearningCurves::new().loss("train", &t).accuracy("train", &t);
    vec![
        ("weights", Weights::new(&t, 2, 5, 5).names(["a", "b"]).figure().unwrap(), vec!["weight", "a", "b"]),
        (
            "kernels over time",
            KernelCourse::new(["f0", "f1"], 5, 5, [0.0, 1.0])
                .moment("start", &t)
                .moment("100", &t)
                .figure()
                .unwrap(),
            vec!["feature", "f1", "samples", "start", "100", "weight"],
        ),
        (
            "weights over time",
            WeightCourse::new(&[0, 10], &[0.2, 0.1], &[vec![1, 2, 1], vec![0, 0, 4]], [0.0, 1.0])
                .limit(0.05)
                .figure()
                .unwrap(),
            vec!["samples (not to scale)", "10", "mean w(1 − w)", "weight", "share of weights (%)"],
        ),
        (
            "wins",
            Wins::new(&[5, 0, 1000]).figure().unwrap(),
            vec!["feature", "wins", "1 of 3 features never"],
        ),
        ("learning", learning.figure().unwrap(), vec!["loss", "accuracy (%)", "epoch"]),
        (
            "confusion",
            Confusion::new(&[12345, 0, 1, 7], 2).figure().unwrap(),
            vec!["12\u{2009}345", "true class"],
        ),
    ]
}

#[test]
fn every_kind_is_xml_with_its_labels_and_the_same_bytes_twice() {
    for ((name, figure, words), (_, again, _)) in every_kind().into_iter().zip(every_kind()) {
        let svg = figure.to_svg().unwrap();
        assert_eq!(svg, again.to_svg().unwrap(), "{name}");
        assert_eq!(figure.to_png().unwrap(), again.to_png().unwrap(), "{name}");
        let texts = text_of(&svg);
        for word in words {
            assert!(texts.iter().any(|t| t == word), "{name}: no `{word}` in {texts:?}");
        }
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{name}");
    }
}

#[test]
fn png_has_signature_size_and_ink() {
    for (name, figure, _) in every_kind() {
        let bytes = figure.to_png().unwrap();
        assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        let svg = figure.to_svg().unwrap();
        let root = roxmltree::Document::parse(&svg).unwrap();
        let points =
            |a| root.root_element().attribute(a).unwrap().trim_end_matches("pt").parse::<f64>().unwrap();
        for (pixels, points) in [(info.width, points("width")), (info.height, points("height"))] {
            assert!((f64::from(pixels) - points * 300.0 / 72.0).abs() <= 0.5, "{name}: {pixels} {points}");
        }
        assert!(pixels.iter().filter(|p| **p < 100).count() > 500, "{name}: nearly blank");
    }
}

fn said(r: rheobase_base::Result<Figure>) -> String {
    r.expect_err("must be refused").to_string()
}

#[track_caller]
fn begin_as_expected<const N: usize>(cases: [(String, &str); N]) {
    for (message, start) in cases {
        assert!(message.starts_with(start), "`{message}` does not start with `{start}`");
    }
}

#[test]
fn bad_series_name_place_field_index_and_rule() {
    let t = ramp(3);
    let bad = [0.0, f64::NAN, 0.0];
    let far = [0.0, 0.0, f64::INFINITY];
    begin_as_expected([
        (said(Raster::new(&bad, &[0; 3], 1).figure()), "raster.times[1] = NaN: must be finite"),
        (said(Raster::new(&t, &[0, 1, 2], 2).figure()), "raster.neurons[2] = 2: must be below"),
        (said(Raster::new(&t, &[0; 2], 2).figure()), "raster.neurons: shape [2], but `times` has [3]"),
        (said(Raster::new(&[], &[], 2).figure()), "raster.times: shape [0]"),
        (said(Raster::new(&[], &[], 0).span(0.0, 1.0).figure()), "raster.count = 0"),
        (said(Raster::new(&t, &[0; 3], 2).span(1.0, 1.0).figure()), "raster.span.to = 1: must be later"),
        (said(Raster::new(&t, &[0; 3], 2).span(0.0, f64::NAN).figure()), "raster.span.to = NaN"),
        (said(Raster::new(&t, &[0; 3], 2).group("a", 1).figure()), "raster.groups[0] = 1"),
        (said(Traces::new(&t, "v", "").trace("v", &far).figure()), "traces.v[2] = inf"),
        (
            said(Traces::new(&[1.0, 0.0], "v", "").trace("v", &t[..2]).figure()),
            "traces.times[1] = 0: is smaller",
        ),
        (said(Traces::new(&t, "v", "").figure()), "traces.series: shape [0]"),
        (said(KernelCourse::new(["a"], 1, 3, [0.0, 1.0]).figure()), "kernels over time.moments: shape [0]"),
        (
            said(KernelCourse::new(["a"], 1, 3, [0.0, 1.0]).moment("9", &t[..2]).figure()),
            "kernels over time.9: shape [2], but [1, 1, 3] needs",
        ),
        (
            said(KernelCourse::new(["a"], 1, 3, [0.0, 1.0]).moment("9", &bad).figure()),
            "kernels over time.9[1] = NaN",
        ),
        (
            said(KernelCourse::new(["a"], 1, 3, [1.0, 1.0]).moment("9", &t).figure()),
            "kernels over time.range = [1, 1]: must be the lowest",
        ),
        (said(WeightCourse::new(&[], &[], &[], [0.0, 1.0]).figure()), "weights over time.samples: shape [0]"),
        (
            said(WeightCourse::new(&[1], &[0.1, 0.2], &[vec![1]], [0.0, 1.0]).figure()),
            "weights over time.convergence: shape [2]",
        ),
        (
            said(WeightCourse::new(&[1, 2], &[0.1, 0.2], &[vec![1]], [0.0, 1.0]).figure()),
            "weights over time.histograms: shape [1]",
        ),
        (
            said(WeightCourse::new(&[1], &[0.1], &[vec![1]], [1.0, 0.0]).figure()),
            "weights over time.bounds = [1.0, 0.0]: must be the smallest",
        ),
        (said(Wins::new(&[]).figure()), "wins.wins: shape [0]"),
        (
            said(Traces::new(&t, "v", "").trace("v", &t).threshold(f64::NAN).figure()),
            "traces.threshold = NaN",
        ),
        (said(Rates::new(&t).rate_with_band("e", &t, &t[..1], &t).figure()), "rates.e.lower: shape [1]"),
    ]);
}

#[test]
fn bad_measures_name_place_field_index_and_rule() {
    let t = ramp(3);
    let bad = [0.0, f64::NAN, 0.0];
    begin_as_expected([
        (said(FiCurve::new("J", "").figure()), "f-I curve.series"),
        (said(FiCurve::new("J", "").simulated("s", &t, &bad).figure()), "f-I curve.s.rate[1] = NaN"),
        (said(PhasePlane::new(("v", "", 1.0, 0.0), ("w", "", 0.0, 1.0)).figure()), "phase plane.v.to = 0"),
        (
            said(
                PhasePlane::new(("v", "", 0.0, 1.0), ("w", "", 0.0, 1.0))
                    .trajectory_in_pieces("p", [&[][..]])
                    .figure(),
            ),
            "phase plane.p: shape [0]",
        ),
        (said(PhaseLine::new(("v", ""), ("s", "")).figure()), "phase line.curves"),
        (
            said(PhaseLine::new(("v", ""), ("s", "")).curve("c", &[[1.0, 0.0], [0.0, 0.0]]).figure()),
            "phase line.c",
        ),
        (said(Intervals::new(&[0.1, -0.1]).figure()), "intervals.intervals[1] = -0.1: must be > 0"),
        (said(Intervals::new(&[0.0]).figure()), "intervals.intervals[0] = 0: must be > 0"),
        (said(Intervals::new(&[1.0]).bin(1e-9).figure()), "intervals.bin"),
        (said(Correlogram::new(&t, &t, "c").figure()), "correlogram.edges: shape [3]"),
        (said(DistanceMatrix::new(&t, 2, "d", "").figure()), "distance matrix.values: shape [3], but [2, 2]"),
        (said(DistanceMatrix::new(&[], 0, "d", "").figure()), "distance matrix.values: shape [0]"),
        (said(Weights::new(&t, usize::MAX, 3, 2).figure()), "weights.values: shape [3]"),
        (said(Weights::new(&t, 1, 1, 3).limit(0.0).figure()), "weights.limit = 0"),
        (said(LearningCurves::new().loss("l", &bad).figure()), "learning curves.l[1] = NaN"),
        (
            said(LearningCurves::new().accuracy("a", &[97.0]).figure()),
            "learning curves.a[0] = 97: must lie in 0..=1",
        ),
        (said(Confusion::new(&[1], 1).names(["a", "b"]).figure()), "confusion matrix.names"),
        (said(Figure::stack([])), "figure.panels"),
    ]);
}

#[test]
fn constant_single_and_extreme_data_still_give_pictures() {
    for v in [0.0, -70.0, 1e-300, 1e100, -1e100, 5e-324] {
        let (single, pair) = ([v], [v, -v]);
        let one = Traces::new(&[0.0], "v", "V").trace("v", &single).threshold(v).spikes(&[0.0]);
        let two = Traces::new(&[0.0, 1e-9], "v", "").trace("v", &pair);
        let figures = [
            one.figure(),
            two.figure(),
            Rates::new(&[v]).rate("r", &[v]).figure(),
            FiCurve::new("J", "A").simulated("s", &[v], &[v]).rheobase(v).figure(),
            Correlogram::new(&[-1.0, 1.0], &[v], "c").expected(v, v, v).figure(),
            DistanceMatrix::new(&[v], 1, "d", "s").figure(),
            Weights::new(&[v; 6], 3, 1, 2).figure(),
            LearningCurves::new().loss("l", &[v]).figure(),
            Intervals::new(&[v.abs().max(f64::from_bits(1))]).figure(),
            Raster::new(&[v], &[0], 1).figure(),
        ];
        for (i, figure) in figures.into_iter().enumerate() {
            let figure = figure.unwrap_or_else(|e| panic!("{v}, figure {i}: {e}"));
            let svg = figure.to_svg().unwrap();
            assert!(!svg.contains("NaN") && svg.len() < 100_000, "{v}, figure {i}: {svg}");
            text_of(&svg);
            figure.to_png().unwrap();
        }
    }
    Confusion::new(&[0], 1).figure().unwrap().to_svg().unwrap();
    Raster::new(&[], &[], 5).span(0.0, 1e-5).figure().unwrap().to_svg().unwrap();
}

#[test]
fn a_million_spikes_stay_small_and_quick() {
    let n = 1_000_000u64;
    let scatter = |i: u64, m: u64| i.wrapping_mul(6_364_136_223_846_793_005) >> 33 & (m - 1);
    let times: Vec<f64> = (0..n).map(|i| scatter(i, 1 << 20) as f64 * 1e-5).collect();
    let neurons: Vec<u32> = (0..n).map(|i| scatter(i * i + 7, 1 << 10) as u32).collect();
    let start = std::time::Instant::now();
    let svg = Raster::new(&times, &neurons, 1024).figure().unwrap().to_svg().unwrap();
    let as_svg = start.elapsed().as_secs_f64();
    let png = Raster::new(&times, &neurons, 1024).figure().unwrap().to_png().unwrap();
    let as_png = start.elapsed().as_secs_f64() - as_svg;
    assert!(svg.len() < 5_000_000, "{} bytes", svg.len());
    // Speed is promised of optimised builds.
    assert!(cfg!(debug_assertions) || as_svg.max(as_png) < 2.0, "SVG {as_svg} s, PNG {as_png} s");
    println!("SVG {} bytes in {as_svg:.3} s, PNG {} bytes in {as_png:.3} s", svg.len(), png.len());
    // Just below the limit from which images are used.
    let strokes = Raster::new(&times[..30_000], &neurons[..30_000], 1024).figure().unwrap().to_svg().unwrap();
    assert!(strokes.len() < 1_000_000 && !strokes.contains("<image"), "{}", strokes.len());
}

#[test]
fn files_appear_whole_under_their_own_extension_only() {
    let folder = std::env::temp_dir().join(format!("rheobase-draw-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let figure = Raster::new(&[0.1], &[0], 1).figure().unwrap();
    for name in ["a.svg", "b.PNG"] {
        figure.save(folder.join(name)).unwrap();
    }
    for name in ["c.gif", "d"] {
        assert!(figure.save(folder.join(name)).unwrap_err().to_string().contains(".svg or .png"));
    }
    let nowhere = figure.save(folder.join("no such folder").join("e.svg"));
    assert!(matches!(nowhere, Err(Error::File { .. })));
    let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["a.svg", "b.PNG"]);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_raster_shows_its_window_and_counts_every_spike_of_a_step() {
    use rheobase_signals::Window;
    let (times, neurons) = ([0.0, 0.1, 0.2, 0.30000000000000004, 0.4], [0; 5]);
    let says = |raster: Raster<'_>, what: &str| {
        let texts = text_of(&raster.figure().unwrap().to_svg().unwrap());
        assert!(texts.iter().any(|t| t == what), "{what}: {texts:?}");
    };
    let raster = || Raster::new(&times, &neurons, 1);
    says(raster().span(0.0, 0.3), "3 spikes");
    says(raster().span(0.3, 0.4), "1 spike");
    says(raster().window(Window::to_the_end(0.3, 0.4)), "2 spikes");
    says(raster().counts(&[2, 1, 1, 5, 1]).span(0.0, 0.3), "4 spikes");
    says(raster().counts(&[2, 1, 1, 5, 1]), "10 spikes");
    assert!(raster().counts(&[1]).figure().unwrap_err().to_string().starts_with("raster.counts"));
}

#[test]
fn stacked_panels_share_one_time_axis_and_refuse_another() {
    let t = ramp(10);
    let trace = || Traces::new(&t, "v", "mV").trace("v", &t).panel().unwrap();
    let raster = Raster::new(&[0.5], &[0], 1).span(0.0, 0.8).panel().unwrap();
    let figure = Figure::stack([trace(), raster]).unwrap();
    let texts = text_of(&figure.to_svg().unwrap());
    assert_eq!(texts.iter().filter(|t| *t == "time (ms)").count(), 1);
    assert!(texts.iter().any(|t| t == "800"));
    let mut other = trace();
    other.x = super::axis::Axis::whole("epoch", super::axis::Range::new(0.0, 1.0));
    assert!(Figure::stack([trace(), other]).unwrap_err().to_string().contains("does not share"));
    assert!(Figure::stack([trace()]).unwrap().width_mm(f64::NAN).is_err());
}

#[test]
fn hostile_names_stay_text_in_every_output() {
    let evil = "</text><script>alert(1)</script>&\"'\u{1}";
    let figure =
        Traces::new(&[0.0, 1.0], evil, evil).trace(evil, &[0.0, 1.0]).threshold(1.0).title(evil).figure();
    let figure = figure.unwrap().title(evil);
    let svg = figure.to_svg().unwrap();
    text_of(&svg);
    figure.to_png().unwrap();
    let report = Report::new(evil).table(evil, Table::new([evil]).row([evil])).paragraph(evil);
    let html = report.figure(evil, &figure).unwrap().to_html().unwrap();
    assert!(!html.contains("<script") && !svg.contains("<script"));
}

#[test]
fn a_report_stands_alone() {
    let figure = Raster::new(&[0.1], &[0], 1).figure().unwrap();
    let table = Table::new(["measure", "value"]).row(["rate", "12.5 Hz"]).row(["CV", "−0.3"]);
    let html = Report::new("Run 1").heading("Spikes").table("Figures", table).figure("Raster", &figure);
    let html = html.unwrap().to_html().unwrap();
    for part in [
        "<h1>Run 1</h1>",
        "<h2>Spikes</h2>",
        "<td class=\"number\">12.5 Hz</td>",
        "<figcaption>Raster",
        "<svg",
    ] {
        assert!(html.contains(part), "{part}");
    }
    // Names are broken between their parts where a page is narrow.
    let hash = "0123456789abcdef".repeat(2);
    let names = Table::new(["run"]).row(["rate-0.01_batch-16_seed-0"]).row([hash]).row(["a b"]);
    let html_of_names = Report::new("r").table("t", names).to_html().unwrap();
    for cell in ["rate-0.01_<wbr>batch-16_<wbr>seed-0", "0123456789abcdef01234567<wbr>89abcdef", "a b"] {
        assert!(html_of_names.contains(&format!("<td>{cell}</td>")), "{cell}: {html_of_names}");
    }
    // The only address in the page is the name of the SVG namespace, which nothing fetches.
    assert_eq!(html.matches("http").count(), html.matches("http://www.w3.org/2000/svg").count());
    let uneven = Report::new("r").table("t", Table::new(["a", "b"]).row(["1"]));
    assert!(uneven.to_html().unwrap_err().to_string().contains("rows[0] = 1 cells: the table has 2 columns"));
    assert!(Report::new("r").save("report.txt").unwrap_err().to_string().contains(".html"));
    assert!(Report::new("r").picture_file("p", "no-such-file.svg").is_err());
    // A picture of any resolution is as wide as on paper: 85 mm are 321 pixels of a page.
    let folder = tempfile::tempdir().unwrap();
    for dpi in [150.0, 300.0] {
        let file = folder.path().join("raster.png");
        figure.clone().width_mm(85.0).unwrap().dpi(dpi).unwrap().save(&file).unwrap();
        let html = Report::new("r").picture_file("p", &file).unwrap().to_html().unwrap();
        assert!(html.contains(" width=\"321\""), "{dpi}: {}", &html[html.find("<img").unwrap()..][..60]);
    }
}

/// A text on the page: its words, left and upper edge, right and lower edge.
type Written = (String, [f64; 2], [f64; 2]);

/// The size of the page, and every text with the place it takes.
fn written(svg: &str) -> ([f64; 2], Vec<Written>) {
    let document = roxmltree::Document::parse(svg).expect("well-formed XML");
    let root = document.root_element();
    let number = |node: roxmltree::Node, name: &str| -> f64 {
        node.attribute(name).and_then(|v| v.trim_end_matches("pt").parse().ok()).unwrap_or(f64::NAN)
    };
    let place = |n: roxmltree::Node| {
        let words = n.text().unwrap_or_default();
        let (size, [x, y]) = (number(n, "font-size"), ["x", "y"].map(|name| number(n, name)));
        let length = text::width(words, size);
        let before = match n.attribute("text-anchor") {
            Some("middle") => length / 2.0,
            Some("end") => length,
            _ => 0.0,
        };
        // Letters stand on a line: most above it, some below.
        let (rise, fall) = (0.76 * size, 0.16 * size);
        match n.attribute("transform") {
            None => (words.into(), [x - before, y - rise], [x - before + length, y + fall]),
            Some(_) => (words.into(), [x - rise, y + before - length], [x + fall, y + before]),
        }
    };
    let texts = document.descendants().filter(|n| n.has_tag_name("text")).map(place).collect();
    ([number(root, "width"), number(root, "height")], texts)
}

/// Texts that reach beyond the page.
fn cut_off(svg: &str) -> Vec<String> {
    let (page, texts) = written(svg);
    let beyond = |(_, from, to): &Written| (0..2).any(|i| from[i] < -0.5 || to[i] > page[i] + 0.5);
    texts.into_iter().filter(beyond).map(|(words, ..)| words).collect()
}

/// Pairs of texts that lie on one another.
fn overlapping(svg: &str) -> Vec<(String, String)> {
    let (_, texts) = written(svg);
    let pairs = texts.iter().enumerate().flat_map(|(i, a)| texts[i + 1..].iter().map(move |b| (a, b)));
    let meet = |(a, b): &(&Written, &Written)| (0..2).all(|i| a.1[i] + 0.3 < b.2[i] && b.1[i] + 0.3 < a.2[i]);
    pairs.filter(meet).map(|(a, b)| (a.0.clone(), b.0.clone())).collect()
}

#[test]
fn no_word_is_cut_off_at_any_size() {
    let title =
        "A title of many words that says which model was run under which of many conditions and for how long";
    for (name, figure, _) in every_kind() {
        for (mm, points) in [(60.0, 8.0), (85.0, 7.0), (85.0, 10.0), (183.0, 8.0)] {
            let sized = figure.clone().title(title).width_mm(mm).unwrap().font_pt(points).unwrap();
            let svg = sized.to_svg().unwrap();
            let (beyond, over) = (cut_off(&svg), overlapping(&svg));
            assert!(
                beyond.is_empty() && over.is_empty(),
                "{name} at {mm} mm, {points} pt: {beyond:?} {over:?}"
            );
        }
    }
    let t = ramp(20);
    let long = "the mean of ninety-nine neurons of the second layer, those without a single spike left out";
    let many = Rates::new(&t).rate(long, &t).rate("b", &t).title("two\nlines").figure().unwrap();
    let svg = many.width_mm(60.0).unwrap().to_svg().unwrap();
    assert!(cut_off(&svg).is_empty(), "{:?}", cut_off(&svg));
    assert!(["two", "lines"].iter().all(|w| text_of(&svg).iter().any(|t| t == w)));
}

/// Pictures whose rows, columns, axes, curves and maps are all called by `name` and a number.
fn labelled(name: &str) -> Vec<(&'static str, Figure)> {
    let t = ramp(50);
    let names = |n: usize| (0..n).map(|i| format!("{name} {i}")).collect::<Vec<_>>();
    let neurons: Vec<u32> = (0..50).map(|i| i % 8).collect();
    let rows = names(8);
    let raster = || Raster::new(&t, &neurons, 8).names(&rows).rows(name).group(name, 0).group("rest", 4);
    let traces =
        (0..4).fold(Traces::new(&t, name, "mV"), |traces, i| traces.trace(format!("{name} {i}"), &t));
    let rates = (0..4).fold(Rates::new(&t), |rates, i| rates.rate(format!("{name} {i}"), &t));
    let counts: Vec<u64> = (0..64).map(|i| i * 1000).collect();
    let square = ramp(64);
    let loss = LearningCurves::new().loss(name, &t).loss(format!("{name} 1"), &t).accuracy(name, &t);
    let courses =
        KernelCourse::new(names(6), 2, 3, [0.0, 1.0]).moment(name, &t[..36]).moment("end", &t[..36]);
    vec![
        ("raster", raster().figure().unwrap()),
        ("sorted raster", raster().order(Order::Rate).title(name).figure().unwrap()),
        ("stack", Figure::stack([raster().panel().unwrap(), rates.clone().panel().unwrap()]).unwrap()),
        ("traces", traces.clone().figure().unwrap()),
        ("traces apart", traces.offset().threshold(0.2).threshold_name(name).figure().unwrap()),
        ("rates", rates.title(name).figure().unwrap()),
        ("distances", DistanceMatrix::new(&square, 8, name, "").names(names(8)).figure().unwrap()),
        ("confusion", Confusion::new(&counts, 8).names(names(8)).title(name).figure().unwrap()),
        ("weights", Weights::new(&square, 16, 2, 2).names(names(16)).label(name, "").figure().unwrap()),
        (
            "weights in a row",
            Weights::new(&square, 16, 2, 2).columns(16).names(names(16)).label(name, "").figure().unwrap(),
        ),
        ("flat weights", Weights::new(&t, 2, 5, 5).columns(2).label(name, "").figure().unwrap()),
        ("flat map", Weights::new(&t, 1, 1, 50).label(name, "").figure().unwrap()),
        ("kernels", courses.label(name).figure().unwrap()),
        ("learning", loss.figure().unwrap()),
        ("f-I", FiCurve::new(name, "nA").simulated(name, &t, &t).figure().unwrap()),
        ("correlogram", Correlogram::new(&t[..4], &t[..3], name).figure().unwrap()),
    ]
}

#[test]
fn names_of_several_lines_and_long_ones_stand_clear() {
    let long = "pyramidal cells of the second layer that were silent before";
    for name in
        ["upper\nlower", "Purkinje cell", long, "Donaudampfschifffahrtsgesellschaftskapitän", "a\nb\nc\nd"]
    {
        for (kind, figure) in labelled(name) {
            for mm in [None, Some(183.0), Some(85.0), Some(60.0)] {
                let sized = mm.map_or(figure.clone(), |mm| figure.clone().width_mm(mm).unwrap());
                let svg = sized.to_svg().unwrap();
                let (beyond, over) = (cut_off(&svg), overlapping(&svg));
                assert!(
                    beyond.is_empty() && over.is_empty(),
                    "{kind}, {name:?}, {mm:?} mm: {beyond:?} {over:?}"
                );
                assert!(text_of(&svg).iter().all(|words| !words.contains('\n')), "{kind}: {svg}");
                let words: Vec<&str> = name.split_whitespace().collect();
                let first = text_of(&svg).iter().any(|t| t.contains(&words[0][..1]));
                assert!(first, "{kind}, {name:?}, {mm:?} mm: nowhere in {:?}", text_of(&svg));
            }
        }
    }
}

#[test]
fn labels_of_several_lines_stand_clear_of_another_panels_names() {
    let t = ramp(20);
    let input = || Traces::new(&t, "input (threshold current)", "").trace("", &t);
    let potential = || Traces::new(&t, "v", "").trace("neuron 100", &t).trace("neuron 200", &t).offset();
    for mm in [60.0, 85.0, 183.0] {
        let figure = Simulation::new(0.0, 1.0, &[0.1, 0.2], &[0, 3], 4)
            .input(input())
            .potential(potential())
            .figure()
            .unwrap();
        let svg = figure.width_mm(mm).unwrap().to_svg().unwrap();
        assert!(cut_off(&svg).is_empty() && overlapping(&svg).is_empty(), "{mm} mm: {:?}", cut_off(&svg));
    }
}

#[test]
fn a_height_holds_whatever_names_need() {
    for (kind, figure) in labelled("upper\nlower") {
        let Ok(figure) = figure.width_mm(85.0).unwrap().height_mm(110.0) else { continue };
        let svg = figure.to_svg().unwrap();
        assert!(cut_off(&svg).is_empty(), "{kind}: {:?}", cut_off(&svg));
    }
}

#[test]
fn figures_are_as_large_as_they_should_be() {
    let t = ramp(20);
    let figure =
        LearningCurves::new().loss("train", &t[1..]).accuracy("train", &t).tested(Some(0.1), Some(0.5));
    let figure = figure.log_loss().figure().unwrap().width_mm(85.0).unwrap().height_mm(70.0).unwrap();
    let svg = figure.clone().font_pt(7.0).unwrap().to_svg().unwrap();
    assert!(svg.contains("width=\"240.94pt\" height=\"198.43pt\""), "{}", &svg[..300]);
    assert!(svg.contains("font-size=\"7\"") && svg.contains(">test<"));
    let png = figure.clone().dpi(600.0).unwrap().to_png().unwrap();
    let reader = ::png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
    assert_eq!((reader.info().width, reader.info().height), (2008, 1654));

    let refused = [
        figure.clone().width_mm(20.0).err(),
        figure.clone().height_mm(f64::NAN).err(),
        figure.clone().font_pt(0.0).err(),
        figure.clone().dpi(1e6).err(),
        figure.clone().height_mm(25.0).unwrap().to_svg().err(),
        DistanceMatrix::new(&[0.0], 1, "d", "").figure().unwrap().height_mm(80.0).err(),
    ];
    for (i, error) in refused.into_iter().enumerate() {
        let text = error.unwrap_or_else(|| panic!("{i} is refused")).to_string();
        assert!(text.starts_with("figure."), "{text}");
    }
    let rows = LearningCurves::new().loss("train", &t).log_loss().figure();
    assert!(rows.unwrap_err().to_string().contains("must be above 0 on a logarithmic axis"));
}

#[test]
fn files_say_where_pictures_come_from() {
    let t = ramp(20);
    let figure = Traces::new(&t, "v", "V").trace("", &t).figure().unwrap();
    let figure = figure.provenance("model", "lif <x>").provenance("seed", "1").provenance("seed", "7");
    let words = format!("program = rheobase {}; model = lif", env!("CARGO_PKG_VERSION"));
    let svg = figure.to_svg().unwrap();
    assert!(svg.contains(&format!("<metadata>{words} &lt;x&gt;; seed = 7</metadata>")), "{svg}");
    let png = figure.to_png().unwrap();
    let find = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(find(&png, &format!("{words} <x>; seed = 7")) && find(&png, "Software"));
}

#[cfg(feature = "pdf")]
#[test]
fn a_pdf_of_every_kind_has_its_letters_and_the_same_bytes_twice() {
    for ((name, figure, _), (_, again, _)) in every_kind().into_iter().zip(every_kind()) {
        let pdf = figure.provenance("seed", "7").to_pdf().unwrap();
        assert_eq!(pdf, again.provenance("seed", "7").to_pdf().unwrap(), "{name}");
        let text = String::from_utf8_lossy(&pdf);
        for part in ["%PDF-1.", "/ToUnicode", "/FontFile2", "/MediaBox", "seed = 7", "%%EOF"] {
            assert!(text.contains(part), "{name}: {part}");
        }
        assert!(pdf.len() < 200_000, "{name}: {}", pdf.len());
    }
    // More spikes than strokes: an image, whose white is clear.
    let times: Vec<f64> = (0..40_000).map(|i| f64::from(i) * 1e-4).collect();
    let who: Vec<u32> = (0..40_000).map(|i| i % 1000).collect();
    let pdf = Raster::new(&times, &who, 1000).figure().unwrap().to_pdf().unwrap();
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.contains("/SMask") && text.contains("/Indexed"));
}

#[test]
fn traces_stand_apart_with_the_spikes_of_each() {
    use super::axis::Range;
    use super::contents::Item;
    let t: Vec<f64> = (0..100).map(|i| f64::from(i) * 1e-3).collect();
    let [up, down]: [Vec<f64>; 2] = [1.0, -1.0].map(|sign| t.iter().map(|t| sign * t).collect());
    let two = || {
        let traces = Traces::new(&t, "v", "mV").trace_with_spikes("a", &up, [0.01, 0.02]);
        traces.trace_with_spikes("b", &down, [0.05]).threshold(0.05)
    };
    let panel = two().offset().figure().unwrap().contents().remove(0);
    assert_eq!(panel.y.names.iter().map(|n| &n.1[..]).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((&panel.note[..], &panel.legend[0].1[..]), ("rows are 0.3 mV apart", "threshold"));
    let spikes = panel.items.iter().find_map(|item| match item {
        Item::Spikes { times, rows, .. } => Some((times.clone(), rows.clone())),
        _ => None,
    });
    assert_eq!(spikes, Some((vec![0.01, 0.02, 0.05], vec![0, 0, 5])));
    // Each stays within its own row, below its spikes: rows count downwards.
    let lines: Vec<Range> = panel
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Line { points, dashed: false, .. } => Range::of(points.iter().map(|p| p[1])),
            _ => None,
        })
        .collect();
    assert!(lines[0].from > 0.5 && lines[0].to < 4.5, "{lines:?}");
    assert!(lines[1].from > 5.5 && lines[1].to < 9.5, "{lines:?}");
    // Over one another, as before, unless asked; and what does not change with time always.
    assert!(two().figure().unwrap().contents()[0].y.names.is_empty());
    let (low, high) = (vec![1.0; 100], vec![2.0; 100]);
    let constant = Traces::new(&t, "v", "").trace("a", &low).trace("b", &high).offset();
    assert!(constant.figure().unwrap().contents()[0].y.names.is_empty());
    let wrong = Traces::new(&t, "v", "").trace_with_spikes("a", &up, [f64::NAN]).figure();
    assert!(wrong.unwrap_err().to_string().contains("spikes of a"));
}

#[test]
fn curves_may_be_of_some_epochs() {
    let (training, epochs, test) = ([0.5, 0.6, 0.7, 0.8], [2.0, 4.0], [0.4, 0.6]);
    let curves = || LearningCurves::new().accuracy("training", &training);
    let figure = curves().accuracy_at("test", &epochs, &test, Some([&[0.3, 0.5], &[0.5, 0.7]])).figure();
    let panel = figure.unwrap().contents().remove(0);
    let found = panel.items.iter().any(|item| match item {
        super::contents::Item::Line { points, .. } => *points == [[2.0, 40.0], [4.0, 60.0]],
        _ => false,
    });
    assert!(found, "{:?}", panel.items);
    for (bad, says) in [([4.0, 2.0], "epochs of test"), ([2.0, f64::NAN], "epochs of test")] {
        let error = curves().accuracy_at("test", &bad, &test, None).figure().unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    assert!(curves().accuracy_at("test", &epochs[..1], &test, None).figure().is_err());
}

#[test]
fn a_stack_of_many_panels_fits_a_page() {
    let (times, neurons) = ([0.0, 1.0, 6.0], [0, 31, 5]);
    let panel = || Raster::new(&times, &neurons, 32).clock(Time::Steps).span(-0.5, 7.5).panel().unwrap();
    let svg = |n: usize| Figure::stack((0..n).map(|_| panel())).unwrap().to_svg().unwrap();
    let height = |n: usize| {
        let svg = svg(n);
        let (_, rest) = svg.split_once("height=\"").unwrap();
        rest.split_once("pt").unwrap().0.parse::<f64>().unwrap()
    };
    let natural = height(1);
    assert!(height(2) > 1.8 * natural && height(2) < 2.0 * natural, "a page has room for two");
    let page = 297.0 / 25.4 * 72.0;
    assert!(height(9) > 600.0 && height(9) < page, "{}", height(9));
    assert!(height(40) > 40.0 * 40.0, "no panel vanishes");
    // Steps are counted: between them is no tick.
    assert!(svg(1).contains(">7<") && !svg(1).contains(">6.5<"));
}
