//! Whole powers with the same bits everywhere: the standard library leaves their rounding open.

/// `base` to the power of `exponent`, by repeated squaring.
pub(super) fn power(base: f64, mut exponent: u64) -> f64 {
    let (mut result, mut square) = (1.0, base);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result *= square;
        }
        square *= square;
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_right_at_both_ends() {
        assert_eq!(power(0.0, 0), 1.0);
        assert_eq!(power(3.0, 5), 243.0);
        assert_eq!(power(0.9, u64::MAX), 0.0);
        assert_eq!(power(1.0, u64::MAX), 1.0);
        assert!((power(0.999, 1000) - 0.999f64.powf(1000.0)).abs() < 1e-14);
    }
}
