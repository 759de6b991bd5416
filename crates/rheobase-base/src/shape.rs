//! Shapes of arrays.

/// The product of `shape`, or `None` where it overflows. Zeros do not hide an overflow of the other axes, so that
/// strides computed from the shape cannot overflow either.
pub fn checked_len(shape: &[usize]) -> Option<usize> {
    let full = shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d.max(1)))?;
    Some(if shape.contains(&0) { 0 } else { full })
}
