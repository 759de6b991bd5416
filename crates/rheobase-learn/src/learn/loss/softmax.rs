//! Cross-entropy of a softmax, shared by the losses that classify.

use rheobase_models::Real;

/// `−Σ q_c·ln softmax(z)_c` with `q` the class smoothed: `1 − ε + ε/C` at `class`, `ε/C` elsewhere. Writes its
/// derivative with respect to every logit to `slopes`. Logits may be as large as they like: the greatest is
/// subtracted before the exponential.
pub(super) fn cross_entropy(logits: &[f64], class: usize, smoothing: f64, slopes: &mut [f64]) -> f64 {
    let greatest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for (slope, z) in slopes.iter_mut().zip(logits) {
        *slope = Real::exp(z - greatest);
        sum += *slope;
    }
    let log_sum = Real::ln(sum);
    let share = smoothing / logits.len() as f64;
    let mut loss = 0.0;
    for (c, (slope, z)) in slopes.iter_mut().zip(logits).enumerate() {
        let wanted = if c == class { 1.0 - smoothing + share } else { share };
        loss += wanted * (log_sum - (z - greatest));
        *slope = *slope / sum - wanted;
    }
    loss
}
