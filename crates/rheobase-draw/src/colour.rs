//! Colours: the Okabe–Ito palette for categories, and three scales for values, all safe for colour-blind readers.

/// Paint of a shape. `Ink` and `Paper` follow the page (dark or light) when a picture stands inside a report.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Paint {
    Ink,
    Paper,
    Rgb([u8; 3]),
}

/// The palette of Okabe and Ito (Wong 2011, doi:10.1038/nmeth.1618) in the order in which series take them.
/// Black is left to axes, yellow is left out: it is too faint on paper.
pub(crate) const SERIES: [[u8; 3]; 6] = [BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY];
pub(crate) const BLUE: [u8; 3] = [0, 114, 178];
pub(crate) const VERMILLION: [u8; 3] = [213, 94, 0];
pub(crate) const GREEN: [u8; 3] = [0, 158, 115];
const PURPLE: [u8; 3] = [204, 121, 167];
const ORANGE: [u8; 3] = [230, 159, 0];
const SKY: [u8; 3] = [86, 180, 233];
/// What stands behind the data: guides, arrows, many unnamed traces.
pub(crate) const GREY: Paint = Paint::Rgb([140, 140, 140]);

/// The colour of series `i`; after the sixth they repeat.
pub(crate) fn series(i: usize) -> Paint {
    Paint::Rgb(SERIES[i % SERIES.len()])
}

/// How values in 0..=1 become colours. Lightness is linear in OKLab, so equal steps look equal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scale {
    /// Dark blue to light yellow: keeps its order for every kind of colour blindness and in grey print.
    Sequential,
    /// Vermillion over near white (0.5) to blue.
    Diverging,
    /// Near white to blue, for cells that carry numbers.
    Pale,
}

impl Scale {
    /// The colour at `t`, clamped to 0..=1.
    pub(crate) fn at(self, t: f64) -> [u8; 3] {
        // Anchors in OKLab: lightness, green–red, blue–yellow.
        const NIGHT: [f64; 3] = [0.22, 0.0, -0.11];
        const MIDDLE: [f64; 3] = [0.585, 0.0, -0.005];
        const STRAW: [f64; 3] = [0.95, -0.02, 0.14];
        const WHITE: [f64; 3] = [0.97, 0.0, 0.0];
        const DEEP_BLUE: [f64; 3] = [0.42, -0.035, -0.13];
        const DEEP_RED: [f64; 3] = [0.42, 0.115, 0.085];
        let t = t.clamp(0.0, 1.0);
        let lab = match self {
            Scale::Sequential if t < 0.5 => mix(NIGHT, MIDDLE, 2.0 * t),
            Scale::Sequential => mix(MIDDLE, STRAW, 2.0 * t - 1.0),
            Scale::Diverging if t < 0.5 => mix(DEEP_RED, WHITE, 2.0 * t),
            Scale::Diverging => mix(WHITE, DEEP_BLUE, 2.0 * t - 1.0),
            Scale::Pale => mix(WHITE, DEEP_BLUE, t),
        };
        to_srgb(lab)
    }
}

fn mix(a: [f64; 3], b: [f64; 3], t: f64) -> [f64; 3] {
    [0, 1, 2].map(|i| a[i] + (b[i] - a[i]) * t)
}

/// OKLab to 8-bit sRGB (Ottosson 2020, <https://bottosson.github.io/posts/oklab/>; IEC 61966-2-1 for the transfer curve).
fn to_srgb([l, a, b]: [f64; 3]) -> [u8; 3] {
    let long = (l + 0.3963377774 * a + 0.2158037573 * b).powi(3);
    let medium = (l - 0.1055613458 * a - 0.0638541728 * b).powi(3);
    let short = (l - 0.0894841775 * a - 1.2914855480 * b).powi(3);
    [
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    ]
    .map(|v| {
        let v = v.clamp(0.0, 1.0);
        let v = if v <= 0.0031308 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
        (v * 255.0).round() as u8
    })
}

/// Black or white, whichever reads better on `c` (relative luminance of WCAG 2, roughly).
pub(crate) fn on(c: [u8; 3]) -> Paint {
    let l = 0.2126 * f64::from(c[0]) + 0.7152 * f64::from(c[1]) + 0.0722 * f64::from(c[2]);
    Paint::Rgb(if l > 140.0 { [0, 0, 0] } else { [255, 255, 255] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequential_scale_gets_lighter_at_every_step() {
        let luminance = |c: [u8; 3]| 0.2126 * c[0] as f64 + 0.7152 * c[1] as f64 + 0.0722 * c[2] as f64;
        let l: Vec<f64> = (0..=50).map(|i| luminance(Scale::Sequential.at(i as f64 / 50.0))).collect();
        assert!(l.windows(2).all(|w| w[1] > w[0]), "{l:?}");
    }

    #[test]
    fn the_middle_of_the_diverging_scale_has_no_hue() {
        let [r, g, b] = Scale::Diverging.at(0.5);
        assert!(r.abs_diff(g) <= 1 && g.abs_diff(b) <= 1 && r > 240);
        assert!(Scale::Diverging.at(0.0)[0] > 100 && Scale::Diverging.at(1.0)[2] > 100);
    }
}
