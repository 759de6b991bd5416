//! Low-pass filters over rows of samples, with the time constant in samples.

use rayon::prelude::*;

use super::kernel::{Decaying, Kernel, check_tau, gauss, published_gauss};
use super::{convolve, recursive};
use rheobase_base::check;
use rheobase_base::{Cancel, Result};

/// Smooths each row of `x` with a kernel of time constant `tau`, given in samples.
///
/// `x` is N x M, row-major: one row of M samples per signal. The result has the same shape. Samples outside the array
/// count as 0, so the result falls off towards both ends. The exponential and the alpha kernel cost the same for
/// every `tau`; the Gaussian is added spike by spike where few samples are not zero, and else goes through an FFT,
/// whose rounding (about 1e-16 of the largest value) shows where the exact result is 0.
///
/// With the kernels called published ([`Kernel::PUBLISHED`]) it agrees with `lowpass_filter` of nengo-extras 0.5.0, which has no
/// exponential-Gaussian.
///
/// # Errors
/// `x` has not `rows * samples` elements, one is not finite, or they are so large that a result overflows; `tau` is not finite, not > 0, or above 2e7.
pub fn lowpass_filter(x: &[f64], rows: usize, samples: usize, tau: f64, kernel: Kernel) -> Result<Vec<f64>> {
    const PLACE: &str = "lowpass_filter";
    check::matrix(PLACE, "x", x.len(), rows, samples)?;
    check::finite(PLACE, "x", x)?;
    check_tau(PLACE, tau)?;
    let mut out = vec![0.0; x.len()];
    if samples > 0 {
        let cancel = Cancel::current();
        let row = |(out, row)| cancel.scope(|| smooth(row, 1, tau, kernel, out));
        let finite =
            out.par_chunks_mut(samples).zip(x.par_chunks(samples)).map(row).reduce(|| true, |a, b| a & b);
        cancel.check()?;
        if !finite {
            check::overflow(PLACE, "x", &out)?;
        }
    }
    Ok(out)
}

/// Smooths the columns of time-first rows. If it says no, some input or result was not finite.
pub(crate) fn smooth(x: &[f64], width: usize, tau: f64, kernel: Kernel, out: &mut [f64]) -> bool {
    let convolved = |(taps, delay): Taps, out: &mut [f64]| convolve::convolve(x, width, &taps, delay, out);
    let decaying = |kernel: Decaying, out: &mut [f64]| recursive::filter(x, width, &kernel, out);
    match kernel {
        Kernel::Expon => decaying(Decaying::centred(tau, false), out),
        Kernel::Alpha => decaying(Decaying::centred(tau, true), out),
        Kernel::Gauss => convolved(gauss(tau), out),
        Kernel::ExpoGauss => expo_gauss(x, width, &Decaying::centred(tau, false), &gauss(tau / 4.0), out),
        Kernel::PublishedExpon => decaying(Decaying::published(tau, false), out),
        Kernel::PublishedAlpha => decaying(Decaying::published(tau, true), out),
        Kernel::PublishedGauss => convolved(published_gauss(tau), out),
        Kernel::PublishedExpoGauss => {
            expo_gauss(x, width, &Decaying::published(tau, false), &published_gauss(tau / 4.0), out)
        }
    }
}

/// Samples of a kernel and how many of them come before the spike.
type Taps = (Vec<f64>, usize);

/// One kernel after the other. Few spikes get both at once, which is the same but for the samples near either end, where
/// the second kernel does not see what the first has put beyond the end.
fn expo_gauss(x: &[f64], width: usize, first: &Decaying, second: &Taps, out: &mut [f64]) -> bool {
    let rows = x.len() / width.max(1);
    let length = second.0.len();
    let reach = first.length + 1 + first.delay + 2 * length;
    let both = || in_sequence(&first.taps(), &second.0);
    let events = (rows > 4 * reach)
        .then(|| convolve::by_events(x, width, both, first.delay + second.1, out))
        .flatten();
    let Some(finite) = events else { return one_after_the_other(x, width, first, second, out) };
    // The output near the start depends on the first `reach` inputs, that near the end on the last.
    let (head, tail) = (reach * width, x.len() - reach * width);
    let mut near = vec![0.0; head];
    one_after_the_other(&x[..head], width, first, second, &mut near);
    let until = length * width;
    out[..until].copy_from_slice(&near[..until]);
    one_after_the_other(&x[tail..], width, first, second, &mut near);
    let last = out.len() - until;
    out[last..].copy_from_slice(&near[head - until..]);
    finite
}

fn one_after_the_other(x: &[f64], width: usize, first: &Decaying, second: &Taps, out: &mut [f64]) -> bool {
    let mut between = vec![0.0; x.len()];
    let finite = recursive::filter(x, width, first, &mut between);
    convolve::convolve(&between, width, &second.0, second.1, out) && finite
}

/// The kernel that does what `a` and then `b` do.
fn in_sequence(a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut both = vec![0.0; a.len() + b.len() - 1];
    for (i, x) in a.iter().enumerate() {
        for (sum, y) in both[i..].iter_mut().zip(b) {
            *sum += x * y;
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_kernel() -> impl Iterator<Item = Kernel> {
        Kernel::NAMES.into_iter().chain(Kernel::PUBLISHED).map(|(_, kernel)| kernel)
    }

    /// The definition: every output is a sum over the kernel.
    fn plain(x: &[f64], tau: f64, kernel: Kernel) -> Vec<f64> {
        let of = |kernel: Decaying| (kernel.taps(), kernel.delay);
        let (taps, delay) = match kernel {
            Kernel::Expon => of(Decaying::centred(tau, false)),
            Kernel::Alpha => of(Decaying::centred(tau, true)),
            Kernel::Gauss => gauss(tau),
            Kernel::ExpoGauss => return plain(&plain(x, tau, Kernel::Expon), tau / 4.0, Kernel::Gauss),
            Kernel::PublishedExpon => of(Decaying::published(tau, false)),
            Kernel::PublishedAlpha => of(Decaying::published(tau, true)),
            Kernel::PublishedGauss => published_gauss(tau),
            Kernel::PublishedExpoGauss => {
                return plain(&plain(x, tau, Kernel::PublishedExpon), tau / 4.0, Kernel::PublishedGauss);
            }
        };
        let at = |i: usize| {
            let reach = taps.iter().enumerate();
            reach.filter_map(|(n, k)| Some(k * x.get((i + delay).checked_sub(n)?)?)).sum()
        };
        (0..x.len()).map(at).collect()
    }

    #[test]
    fn recursions_equal_the_plain_convolution_over_many_chunks() {
        let spikes: Vec<f64> = (0..20_000_usize)
            .map(|i| if i.wrapping_mul(2_654_435_761) % 97 < 3 { 1000.0 } else { 0.0 })
            .collect();
        let dense: Vec<f64> = (0..9000).map(|i| (i as f64 * 0.37).sin() * 50.0).collect();
        for x in [&spikes, &dense] {
            let size = x.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            for kernel in every_kernel() {
                for tau in [0.3, 0.55, 1.0, 7.3, 40.0, 1500.5] {
                    let got = lowpass_filter(x, 1, x.len(), tau, kernel).unwrap();
                    for (i, (a, b)) in got.iter().zip(plain(x, tau, kernel)).enumerate() {
                        assert!((a - b).abs() <= 1e-13 * size, "{kernel:?} tau {tau} sample {i}: {a}, {b}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_kernel_longer_than_the_recording_is_the_plain_convolution() {
        let x: Vec<f64> = (0..30).map(|i| if i % 7 == 3 { 100.0 } else { 0.0 }).collect();
        for kernel in every_kernel() {
            for tau in [15.0, 60.0, 400.0] {
                let got = lowpass_filter(&x, 1, x.len(), tau, kernel).unwrap();
                for (i, (a, b)) in got.iter().zip(plain(&x, tau, kernel)).enumerate() {
                    assert!((a - b).abs() < 1e-11, "{kernel:?} tau {tau} sample {i}: {a}, {b}");
                }
            }
        }
    }

    #[test]
    fn silence_after_the_kernel_is_exactly_zero() {
        let mut x = vec![0.0; 5000];
        x[100] = 1000.0;
        x[130] = 1000.0;
        for kernel in [Kernel::Expon, Kernel::Alpha, Kernel::Gauss] {
            let y = lowpass_filter(&x, 1, x.len(), 20.0, kernel).unwrap();
            assert!(y[..50].iter().chain(&y[231..]).all(|v| *v == 0.0), "{kernel:?}");
            assert!(y.iter().all(|v| *v >= 0.0), "{kernel:?}");
        }
    }

    #[test]
    fn both_kernels_at_once_are_one_after_the_other() {
        let (rows, width, tau) = (6000, 3, 20.0);
        let spike = |i: usize| if (i * i) % 61 == 1 || i < 9 || i + 5 > rows * width { 1000.0 } else { 0.0 };
        let x: Vec<f64> = (0..rows * width).map(spike).collect();
        let (mut at_once, mut stepwise) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        let (first, second) = (Decaying::centred(tau, false), gauss(tau / 4.0));
        assert!(expo_gauss(&x, width, &first, &second, &mut at_once));
        one_after_the_other(&x, width, &first, &second, &mut stepwise);
        for (i, (a, b)) in at_once.iter().zip(&stepwise).enumerate() {
            assert!((a - b).abs() < 1e-10, "{i}: {a} {b}");
        }
        let by_definition: Vec<f64> =
            plain(&x.iter().copied().step_by(width).collect::<Vec<_>>(), tau, Kernel::ExpoGauss);
        for (i, (a, b)) in at_once.iter().step_by(width).zip(&by_definition).enumerate() {
            assert!((a - b).abs() < 1e-10, "{i}: {a} {b}");
        }
    }

    #[test]
    fn wrong_input_is_named() {
        assert!(lowpass_filter(&[0.0; 5], 2, 3, 1.0, Kernel::Expon).is_err());
        assert!(lowpass_filter(&[f64::NAN], 1, 1, 1.0, Kernel::Expon).is_err());
        assert!(lowpass_filter(&[0.0], 1, 1, 0.0, Kernel::Gauss).is_err());
        assert!(lowpass_filter(&[], 3, 0, 1.0, Kernel::Gauss).unwrap().is_empty());
    }
}
