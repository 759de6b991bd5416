//! The lowest point of a function of a few numbers, without derivatives.

/// Steps at most.
const STEPS: usize = 600;
/// A simplex whose values differ by less than this share is done.
const DONE: f64 = 1e-9;

/// Goes down from `start` by the simplex method of Nelder & Mead 1965, doi:10.1093/comjnl/7.4.308, and once more from where that
/// ends; gives the lowest point seen and its value.
pub(super) fn minimise<const N: usize>(
    start: [f64; N],
    f: &mut impl FnMut(&[f64; N]) -> f64,
) -> ([f64; N], f64) {
    let (once, _) = descend(start, f);
    descend(once, f)
}

fn descend<const N: usize>(start: [f64; N], f: &mut impl FnMut(&[f64; N]) -> f64) -> ([f64; N], f64) {
    let mut simplex: Vec<([f64; N], f64)> = (0..=N)
        .map(|i| {
            let mut x = start;
            if let Some(x) = i.checked_sub(1).and_then(|i| x.get_mut(i)) {
                *x += 0.5;
            }
            let y = f(&x);
            (x, y)
        })
        .collect();
    for _ in 0..STEPS {
        simplex.sort_by(|a, b| a.1.total_cmp(&b.1));
        let (best, worst) = (simplex[0], simplex[N]);
        if worst.1 - best.1 <= DONE * best.1.abs() {
            break;
        }
        let centre: [f64; N] =
            std::array::from_fn(|i| simplex[..N].iter().map(|(x, _)| x[i]).sum::<f64>() / N as f64);
        let mut at = |t: f64| {
            let x: [f64; N] = std::array::from_fn(|i| centre[i] + t * (worst.0[i] - centre[i]));
            (x, f(&x))
        };
        let reflected = at(-1.0);
        let next = if reflected.1 < best.1 {
            let further = at(-2.0);
            if further.1 < reflected.1 { further } else { reflected }
        } else if reflected.1 < simplex[N - 1].1 {
            reflected
        } else {
            at(if reflected.1 < worst.1 { -0.5 } else { 0.5 })
        };
        if next.1 < worst.1 {
            simplex[N] = next;
            continue;
        }
        for (x, y) in simplex.iter_mut().skip(1) {
            *x = std::array::from_fn(|i| 0.5 * (x[i] + best.0[i]));
            *y = f(x);
        }
    }
    simplex.sort_by(|a, b| a.1.total_cmp(&b.1));
    simplex[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curved_valley_is_followed_to_its_end() {
        let mut valley = |x: &[f64; 2]| (1.0 - x[0]) * (1.0 - x[0]) + 100.0 * (x[1] - x[0] * x[0]).powi(2);
        let (x, y) = minimise([-1.2, 1.0], &mut valley);
        assert!(y < 1e-6 && (x[0] - 1.0).abs() < 1e-2 && (x[1] - 1.0).abs() < 1e-2, "{x:?} {y}");
    }
}
