//! Tests of pooling: numbers, forms, ties, gradients, reach, bad settings.

use proptest::prelude::*;

use super::*;
use crate::network::op::testing::{as_events, backward, forward, reaching, signal};
use rheobase_base::random::Stream;

const ALL: [PoolOf; 3] = [PoolOf::Sum, PoolOf::Max, PoolOf::Average];

fn spec(of: PoolOf, kernel: &[usize], stride: &[usize], padding: &[usize]) -> describe::Pool {
    describe::Pool { of, kernel: kernel.to_vec(), stride: stride.to_vec(), padding: padding.to_vec() }
}

fn pool(of: PoolOf, kernel: &[usize], stride: &[usize], padding: &[usize], input: &[usize]) -> Pool {
    Pool::new("p", &spec(of, kernel, stride, padding), input).unwrap()
}

#[test]
fn small_numbers_are_those_of_pytorch() {
    let x = signal(1, &(1..=16).map(|i| i as f32).collect::<Vec<_>>());
    let y = |of| forward(&pool(of, &[2], &[], &[0], &[1, 4, 4]), &[], &x).values;
    assert_eq!(y(PoolOf::Sum), [14.0, 22.0, 46.0, 54.0]);
    assert_eq!(y(PoolOf::Max), [6.0, 8.0, 14.0, 16.0]);
    assert_eq!(y(PoolOf::Average), [3.5, 5.5, 11.5, 13.5]);
    // max_pool1d and avg_pool1d with kernel 3, stride 2, padding 1: padding is never the largest, but counts in the mean.
    let x = signal(1, &[-3.0, -6.0, -9.0, -12.0, -15.0]);
    let y = |of| forward(&pool(of, &[3], &[2], &[1], &[1, 5]), &[], &x).values;
    assert_eq!(y(PoolOf::Max), [-3.0, -6.0, -12.0]);
    assert_eq!(y(PoolOf::Average), [-3.0, -9.0, -9.0]);
    // max_pool2d with kernel 3, stride 2, padding 1: the second line covers rows 0 … 2 of one channel only.
    let x = signal(1, &(0..18).map(|i| i as f32).collect::<Vec<_>>());
    let p = pool(PoolOf::Max, &[3], &[2], &[1], &[2, 3, 3]);
    assert_eq!(forward(&p, &[], &x).values, [4.0, 5.0, 7.0, 8.0, 13.0, 14.0, 16.0, 17.0]);
}

#[test]
fn ties_and_windows_without_event_go_to_the_first() {
    let p = pool(PoolOf::Max, &[2], &[], &[0], &[1, 8]);
    let x = signal(1, &[1.0, 1.0, 0.0, 0.0, 0.0, 2.0, -1.0, 0.0]);
    for x in [x.clone(), as_events(&x)] {
        let gradient = backward(&p, &[], &x, &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(gradient, [1.0, 0.0, 2.0, 0.0, 0.0, 3.0, 0.0, 4.0]);
    }
    let x = signal(1, &[f32::NAN, 5.0, 5.0, f32::NAN, 0.0, 0.0, 0.0, 0.0]);
    for x in [x.clone(), as_events(&x)] {
        assert!(forward(&p, &[], &x).values[..2].iter().all(|y| y.is_nan()));
    }
}

#[test]
fn an_output_is_reached_if_some_input_of_its_window_is() {
    let p = pool(PoolOf::Sum, &[2], &[1], &[0], &[1, 5]);
    let x = signal(2, &[0.0; 10]);
    let reached = reaching(x.clone(), |sample, i| sample == 1 && i == 2);
    assert_eq!(forward(&p, &[], &reached).reach, Reach::Bits(vec![0, 0b0110]));
    assert_eq!(forward(&p, &[], &x).reach, Reach::Everywhere);
    let nowhere = Signal { reach: Reach::Nowhere, ..x };
    assert_eq!(forward(&p, &[], &nowhere).reach, Reach::Nowhere);
    assert_eq!(backward(&p, &[], &nowhere, &[1.0; 8]), [0.0; 10]);
}

#[test]
fn windows_side_by_side_give_their_error_to_all_places() {
    // Lines below, at and beyond a register, windows of several sizes, and places that no window sees.
    for (rows, columns, kernel) in
        [(4, 5, [2, 2]), (7, 16, [3, 2]), (2, 33, [2, 1]), (9, 40, [1, 3]), (6, 50, [6, 7])]
    {
        let p = pool(PoolOf::Sum, &kernel, &[], &[0], &[3, rows, columns]);
        let [height, width] = [rows / kernel[0], columns / kernel[1]];
        let errors: Vec<f32> = (0..2 * 3 * height * width).map(|i| (i * 7 % 23) as f32 - 11.5).collect();
        let found = backward(&p, &[], &signal(2, &vec![1.0; 2 * 3 * rows * columns]), &errors);
        for (i, found) in found.iter().enumerate() {
            let (map, y, x) = (i / (rows * columns), i / columns % rows / kernel[0], i % columns / kernel[1]);
            let seen = y < height && x < width;
            let want = if seen { errors[(map * height + y) * width + x] } else { 0.0 };
            assert_eq!(found.to_bits(), want.to_bits(), "{rows} × {columns} by {kernel:?}: {i}");
        }
    }
}

#[test]
fn bad_settings_say_what_to_do() {
    let bad = [
        (spec(PoolOf::Max, &[4], &[], &[3]), "p.padding = [3]: must be at most half of the kernel, 2"),
        (spec(PoolOf::Sum, &[9], &[], &[0]), "p.kernel = 9: reaches over 9 places"),
        (spec(PoolOf::Sum, &[2], &[0], &[0]), "p.stride = 0: must be at least 1"),
        (spec(PoolOf::Sum, &[0], &[], &[0]), "p.kernel = 0: must be at least 1"),
        (spec(PoolOf::Sum, &[2, 2, 2], &[], &[0]), "p.kernel = [2, 2, 2]: must have one number"),
    ];
    for (spec, text) in bad {
        let error = Pool::shape("p", &spec, &[4, 8, 8]).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(Pool::new("p", &spec, &[4, 8, 8]).unwrap_err(), error);
    }
    let error = Pool::shape("p", &spec(PoolOf::Max, &[2], &[], &[0]), &[64]).unwrap_err().to_string();
    assert!(error.contains("[C, L] or [C, H, W]"), "{error}");
}

/// A random pooling and its input.
fn cases() -> impl Strategy<Value = (Pool, usize, Vec<f32>)> {
    let axis = || (1usize..9, 1usize..4, 1usize..4, 0usize..2);
    let rest = (1usize..4, 1usize..4, prop::sample::select(vec![0.0, 0.05, 0.5, 1.0]), any::<u64>());
    (prop::sample::select(ALL.to_vec()), axis(), axis(), rest).prop_filter_map(
        "window fits",
        |(of, a, b, (channels, samples, active, seed))| {
            let spec = spec(of, &[a.1, b.1], &[a.2, b.2], &[a.3, b.3]);
            let pool = Pool::new("p", &spec, &[channels, a.0, b.0]).ok()?;
            let stream = Stream::new(seed, "x", "");
            // Counts with signs: ties, and windows without event.
            let one = |i: u32| match stream.uniform(0, 0, i) < active {
                true => (stream.uniform(1, 0, i) * 5.0).floor() as f32 - 2.0,
                false => 0.0,
            };
            let values = (0..(samples * channels * a.0 * b.0) as u32).map(one).collect();
            Some((pool, samples, values))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn forms_agree_and_gradients_are_differences((pool, samples, values) in cases()) {
        let x = signal(samples, &values);
        let events = as_events(&x);
        let y = forward(&pool, &[], &x);
        let from_events = forward(&pool, &[], &events);
        let bits = |s: &[f32]| s.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&y.values), bits(&from_events.values));
        prop_assert!(from_events.events.is_some());
        let stream = Stream::new(9, "up", "");
        let up: Vec<f32> = (0..y.values.len() as u32).map(|i| stream.normal(0, 0, i) as f32).collect();
        let gradient = backward(&pool, &[], &x, &up);
        prop_assert_eq!(bits(&gradient), bits(&backward(&pool, &[], &events, &up)));
        let some = reaching(events, |s, i| (s + i) % 2 == 0);
        let part = backward(&pool, &[], &some, &up);
        for (i, (a, b)) in part.iter().zip(&gradient).enumerate() {
            let wanted = some.reach.at(i / some.width, i % some.width, some.width);
            prop_assert_eq!(a.to_bits(), if wanted { b.to_bits() } else { 0 });
        }
        // Without ties all three are linear around a value.
        let spread: Vec<f32> = (0..values.len()).map(|i| values[i] + i as f32 / 4096.0).collect();
        let gradient = backward(&pool, &[], &signal(samples, &spread), &up);
        let loss = |x: &[f32]| -> f64 {
            let y = forward(&pool, &[], &signal(samples, x)).values;
            y.iter().zip(&up).map(|(y, u)| f64::from(*y) * f64::from(*u)).sum()
        };
        for (i, g) in gradient.iter().enumerate() {
            let (mut more, mut less) = (spread.clone(), spread.clone());
            let h = 1.0 / 16384.0;
            (more[i], less[i]) = (more[i] + h, less[i] - h);
            let slope = (loss(&more) - loss(&less)) / (2.0 * f64::from(h));
            prop_assert!((slope - f64::from(*g)).abs() < 0.02, "{} {}", slope, g);
        }
    }
}
