//! Firing rates by smoothing spikes with a kernel.

use super::kernel::{Kernel, check_tau};
use super::lowpass::smooth;
use rheobase_base::check;
use rheobase_base::{Cancel, Error, Result};

/// Firing rates in Hz: `spikes` smoothed over time with a kernel of time constant `tau`.
///
/// `t` holds the M sample times in s with a constant step dt, `spikes` is M x N, row-major (time first), each spike
/// with amplitude 1/dt (n/dt for n spikes in a step). The result has the shape of `spikes`. Usual are [`Kernel::Gauss`] and
/// tau = 0.04 s; the longer tau, the smoother and the slower. Kernels have area 1 and their centre on the spike, so a regular
/// train has its rate on average for any tau and dt. Samples outside the array count as silence, so rates fall
/// off within about 2 tau of both ends. Cost does not depend on `tau` for `Expon` and `Alpha`.
///
/// With the kernels called published ([`Kernel::PUBLISHED`]) it agrees with `rates_kernel` of nengo-extras 0.5.0.
///
/// # Errors
/// `t` has fewer than two samples or a step that differs from the first by more than a thousandth; `spikes` has not
/// `t.len() * neurons` elements, one is not finite, or they are so large that a rate overflows; `tau` (s) is not finite, not > 0, or above 2e7 steps.
pub fn rates_kernel(t: &[f64], spikes: &[f64], neurons: usize, kernel: Kernel, tau: f64) -> Result<Vec<f64>> {
    let mut rates = vec![0.0; spikes.len()];
    rates_kernel_into(t, spikes, neurons, kernel, tau, &mut rates)?;
    Ok(rates)
}

/// As [`rates_kernel`], into an array that is there already, whatever it holds.
///
/// # Errors
/// As [`rates_kernel`], and `rates` has another length than `spikes`. After an error `rates` is of no use.
pub fn rates_kernel_into(
    t: &[f64],
    spikes: &[f64],
    neurons: usize,
    kernel: Kernel,
    tau: f64,
    rates: &mut [f64],
) -> Result<()> {
    const PLACE: &str = "rates_kernel";
    let dt = check::constant_step(PLACE, t)?;
    check::matrix(PLACE, "spikes", spikes.len(), t.len(), neurons)?;
    check::positive(PLACE, "tau", tau, " s")?;
    check_tau(PLACE, tau / dt)?;
    if rates.len() != spikes.len() {
        return Err(Error::shape(
            PLACE,
            "rates",
            format!("[{}]", rates.len()),
            format!("{} elements are needed, as in `spikes`", spikes.len()),
        ));
    }
    // Looking for the culprit costs a pass over the data, so it waits until something is wrong.
    let sound = smooth(spikes, neurons, tau / dt, kernel, rates);
    Cancel::current().check()?;
    if sound {
        Ok(())
    } else {
        check::finite(PLACE, "spikes", spikes)?;
        check::overflow(PLACE, "spikes", rates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regular_train_has_its_rate() {
        let t: Vec<f64> = (0..2000).map(|i| i as f64 * 0.001).collect();
        let spikes: Vec<f64> =
            (0..4000).map(|i| if i % 2 == 1 && (i / 2) % 10 == 0 { 1000.0 } else { 0.0 }).collect();
        for (_, kernel) in Kernel::NAMES {
            let rates = rates_kernel(&t, &spikes, 2, kernel, 0.04).unwrap();
            assert!(rates.iter().step_by(2).all(|r| *r == 0.0), "{kernel:?}");
            // One spike makes the exponential jump by 25 Hz.
            assert!((rates[2001] - 100.0).abs() < 15.0, "{kernel:?}: {}", rates[2001]);
        }
    }

    #[test]
    fn a_clock_has_its_rate_on_average_for_any_tau_and_step() {
        for dt in [0.02, 1e-3, 1e-4, 0.1, 1.0] {
            for steps in [0.5, 0.7, 1.0, 1.65, 2.5, 10.0] {
                let t: Vec<f64> = (0..2000).map(|i| f64::from(i) * dt).collect();
                let x: Vec<f64> = (0..2000).map(|i| if i % 2 == 0 { 1.0 / dt } else { 0.0 }).collect();
                for (name, kernel) in Kernel::NAMES {
                    let rates = rates_kernel(&t, &x, 1, kernel, steps * dt).unwrap();
                    let mean = rates[500..1500].iter().sum::<f64>() / 1000.0;
                    assert!((mean * 2.0 * dt - 1.0).abs() < 1e-12, "{name} {dt} {steps}: {mean}");
                }
            }
        }
    }

    #[test]
    fn published_kernels_give_what_nengo_extras_gives() {
        // A 25 Hz clock on steps of 20 ms with tau of one step, in nengo-extras 0.5.0.
        let t: Vec<f64> = (0..2000).map(|i| f64::from(i) * 0.02).collect();
        let x: Vec<f64> = (0..2000).map(|i| if i % 2 == 0 { 50.0 } else { 0.0 }).collect();
        let mean =
            |kernel| rates_kernel(&t, &x, 1, kernel, 0.02).unwrap()[500..1500].iter().sum::<f64>() / 1000.0;
        let want =
            [39.282_935_791_616_31, 25.352_902_182_678_683, 0.042_057_953_325_596_06, 21.529_344_207_579_904];
        for ((name, kernel), want) in Kernel::PUBLISHED.into_iter().zip(want) {
            assert!((mean(kernel) - want).abs() < 1e-11, "{name}: {}", mean(kernel));
        }
    }

    #[test]
    fn the_result_does_not_depend_on_threads_or_neighbours() {
        let t: Vec<f64> = (0..9001).map(|i| i as f64 * 0.001).collect();
        let spikes: Vec<f64> =
            (0..9001 * 21_u64).map(|i| if (i * i) % 43 == 1 { 1000.0 } else { 0.0 }).collect();
        let run = |threads: usize, kernel| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| rates_kernel(&t, &spikes, 21, kernel, 0.03).unwrap())
        };
        for (_, kernel) in Kernel::NAMES {
            assert_eq!(run(1, kernel), run(3, kernel), "{kernel:?}");
        }
        let alone: Vec<f64> = spikes.iter().skip(5).step_by(21).copied().collect();
        let one = rates_kernel(&t, &alone, 1, Kernel::Expon, 0.03).unwrap();
        let of_many: Vec<f64> = run(2, Kernel::Expon).into_iter().skip(5).step_by(21).collect();
        assert_eq!(one, of_many);
    }

    #[test]
    fn wrong_input_is_named() {
        let go = |t: &[f64], x: &[f64], n, tau| rates_kernel(t, x, n, Kernel::Gauss, tau);
        assert!(go(&[0.0], &[1.0], 1, 0.04).is_err());
        assert!(go(&[0.0, 0.001, 0.003], &[0.0; 3], 1, 0.04).is_err());
        assert!(go(&[0.0, 0.001], &[0.0; 3], 1, 0.04).is_err());
        for bad in [f64::INFINITY, f64::NAN, f64::NEG_INFINITY] {
            for (_, kernel) in Kernel::NAMES {
                for place in [0, 3, 5999] {
                    let t: Vec<f64> = (0..6000).map(|i| i as f64 * 0.001).collect();
                    let mut x = vec![0.0; 6000];
                    x[place] = bad;
                    let e = rates_kernel(&t, &x, 1, kernel, 0.01).unwrap_err().to_string();
                    assert!(e.starts_with(&format!("rates_kernel.spikes[{place}]")), "{kernel:?}: {e}");
                }
            }
        }
        assert!(go(&[0.0, 0.001], &[0.0; 2], 1, f64::NAN).is_err());
        let t: Vec<f64> = (0..3000).map(|i| i as f64 * 0.001).collect();
        for (_, kernel) in Kernel::NAMES {
            // Dense data take the ways by tap and by transform.
            for tau in [0.01, 0.2] {
                let mut x = vec![1.0; 3000];
                x[1234] = f64::NAN;
                let e = rates_kernel(&t, &x, 1, kernel, tau).unwrap_err().to_string();
                assert!(e.starts_with("rates_kernel.spikes[1234]"), "{kernel:?}: {e}");
                if let Ok(rates) = rates_kernel(&t, &[f64::MAX; 3000], 1, kernel, tau) {
                    assert!(rates.iter().all(|r| r.is_finite()), "{kernel:?}");
                }
                x[1234] = f64::INFINITY;
                assert!(rates_kernel(&t, &x, 1, kernel, tau).is_err());
            }
        }
        assert!(go(&[0.0, 0.001], &[], 0, 0.04).unwrap().is_empty());
        assert!(rates_kernel_into(&[0.0, 1.0], &[0.0; 2], 1, Kernel::Gauss, 1.0, &mut [0.0]).is_err());
    }
}
