//! Numbers with few digits, for the eye.

/// `x` with four significant digits, without trailing zeros.
pub fn short(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return if x == 0.0 { "0".into() } else { x.to_string() };
    }
    let size = x.abs().log10().floor();
    if (-4.0..6.0).contains(&size) {
        let rounded = format!("{x:.*}", (3.0 - size).max(0.0) as usize);
        let trimmed = rounded.trim_end_matches('0').trim_end_matches('.');
        return if rounded.contains('.') { trimmed.to_string() } else { rounded };
    }
    let text = format!("{x:.3e}");
    match text.split_once('e') {
        Some((digits, power)) => format!("{}e{power}", digits.trim_end_matches('0').trim_end_matches('.')),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_numbers() {
        for (x, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (43.0, "43"),
            (1234.567, "1235"),
            (0.001, "0.001"),
            (-0.12345, "-0.1235"),
            (123_456.0, "123456"),
            (2.1e9, "2.1e9"),
            (1e-7, "1e-7"),
            (-2000.0, "-2000"),
            (9.9999, "10"),
        ] {
            assert_eq!(short(x), text);
        }
        assert_eq!(short(f64::NAN), "NaN");
    }
}
