//! Conditions, over a trace's meta, under which the original's numbers go their own way.

use super::super::trace::Meta;
use super::classes;

/// Whether the original's countdown of silence, a sum of 32-bit times, does not reach 0 after the given number of
/// steps: S8.
pub(in super::super) fn countdown_leaves_residue(meta: &Meta) -> bool {
    let Some(class) = classes::of(meta) else { return false };
    let (steps, ts) = (class.silence(meta), class.ts(meta));
    let mut left = (f64::from(steps) * ts) as f32;
    for _ in 0..steps {
        left -= ts as f32;
    }
    left > 0.0
}

/// Whether several samples run side by side, which the original's search for winners takes for one: S15.
pub(in super::super) fn mixes_samples(meta: &Meta) -> bool {
    let samples = meta.params.get("shape").and_then(|s| s.get(0)).and_then(serde_json::Value::as_u64);
    classes::of(meta).is_some() && samples.is_some_and(|n| n > 1)
}

/// Whether the exponential of a neuron just below threshold passes what this library caps it at, and so may become
/// infinite in the original: S16.
pub(in super::super) fn exponential_may_overflow(meta: &Meta) -> bool {
    let known = classes::of(meta).filter(|c| ["EIF", "AdEx"].contains(&c.theirs));
    let exponent = known.and_then(|class| {
        let given = |name| class.given(meta, name);
        Some((given("threshold")? - given("theta_rh")?) / given("delta_t")?)
    });
    exponent.is_some_and(|x| x > 80.0)
}

/// Whether the silence of the trace has to be fed to the layer, because one of the above makes it differ.
pub(super) fn silence_differs(meta: &Meta) -> bool {
    countdown_leaves_residue(meta) || mixes_samples(meta) || exponential_may_overflow(meta)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(params: serde_json::Value) -> Meta {
        serde_json::from_value(serde_json::json!({
            "name": "t", "target": "SpykeTorch.neurons.LIF", "params": params,
        }))
        .unwrap()
    }

    #[test]
    fn residues_are_where_they_were_measured() {
        let left = |ts: f64, n: u32| {
            countdown_leaves_residue(&meta(serde_json::json!({"ts": ts, "refractory_timesteps": n})))
        };
        let at = |ts| (0..=12).filter(|n| left(ts, *n)).collect::<Vec<u32>>();
        assert_eq!(at(1e-4), [3, 5, 6, 10, 11, 12]);
        assert_eq!(at(0.001), [0u32; 0]);
        assert_eq!(at(0.01).first(), Some(&7));
    }
}
