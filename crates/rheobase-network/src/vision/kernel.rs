//! Kernels of image filters: differences of Gaussians, as on- and off-centre cells have, and Gabor functions.

use rheobase_models::Real;
use serde::{Deserialize, Serialize};

use super::windows::value_error;
use rheobase_base::{Error, Result};

/// The largest side of a kernel.
const LARGEST: usize = 1001;

/// A kernel by name: `{ dog = { size = 7, center = 1, surround = 2 } }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilterKernel {
    /// A difference of Gaussians.
    Dog(Dog),
    /// A Gabor function.
    Gabor(Gabor),
}

/// A difference of Gaussians, `G(center) − G(surround)` with `G(σ) = exp(−r²/2σ²) / 2πσ²` and r in places: the receptive
/// field of an on-centre cell, or of an off-centre one if the surround is the narrower. From it its mean is taken, and it
/// is divided by its largest value.
///
/// Rodieck 1965, doi:10.1016/0042-6989(65)90033-7.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dog {
    /// Side of the kernel in places: odd, 3 to 1,001.
    pub size: usize,
    /// σ of the centre in places: finite, above 0.
    pub center: f64,
    /// σ of the surround in places: finite, above 0, not that of the centre.
    pub surround: f64,
}

/// A Gabor function `exp(−(x² + γ²y²)/2σ²) cos(2πx/λ)`, x across the edge and y along it: the receptive field of a simple
/// cell. From it its mean is taken, and it is divided by its largest value.
///
/// Jones & Palmer 1987, doi:10.1152/jn.1987.58.6.1233.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gabor {
    /// Side of the kernel in places: odd, 3 to 1,001.
    pub size: usize,
    /// Direction across the edge in degrees, from the rows' axis (downwards) towards the columns' (to the right); finite.
    pub orientation: f64,
    /// λ in places: finite, above 0; half of the size by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wavelength: Option<f64>,
    /// σ in places: finite, above 0; 0.8 λ by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sigma: Option<f64>,
    /// γ: finite, above 0. Below 1 the field is longer along the edge than across it.
    #[serde(default = "aspect")]
    pub aspect: f64,
}

fn aspect() -> f64 {
    0.3
}

impl Dog {
    /// An on-centre and an off-centre cell of the two widths.
    pub fn on_off(size: usize, narrow: f64, wide: f64) -> [FilterKernel; 2] {
        let dog = |center, surround| FilterKernel::Dog(Dog { size, center, surround });
        [dog(narrow, wide), dog(wide, narrow)]
    }

    fn value(&self, row: f64, column: f64) -> f64 {
        let gauss = |sigma: f64| {
            let s = sigma * sigma;
            Real::exp(-0.5 * (row * row + column * column) / s) / s
        };
        (gauss(self.center) - gauss(self.surround)) / std::f64::consts::TAU
    }
}

impl Gabor {
    /// The function with the defaults of SpykeTorch.
    pub fn new(size: usize, orientation: f64) -> Gabor {
        Gabor { size, orientation, wavelength: None, sigma: None, aspect: aspect() }
    }

    /// `count` functions whose orientations divide the half circle, from `first` on.
    pub fn bank(size: usize, count: usize, first: f64) -> Vec<FilterKernel> {
        let orientation = |n: usize| first + 180.0 * n as f64 / count as f64;
        (0..count).map(|n| FilterKernel::Gabor(Gabor::new(size, orientation(n)))).collect()
    }

    fn wave(&self) -> f64 {
        self.wavelength.unwrap_or(self.size as f64 / 2.0)
    }

    fn width(&self) -> f64 {
        self.sigma.unwrap_or(0.8 * self.wave())
    }

    fn value(&self, row: f64, column: f64) -> f64 {
        let angle = self.orientation.to_radians();
        let (sin, cos) = (libm::sin(angle), libm::cos(angle));
        let (across, along) = (column * sin + row * cos, column * cos - row * sin);
        let s = self.width() * self.width();
        let envelope = Real::exp(-(across * across + self.aspect * self.aspect * along * along) / (2.0 * s));
        envelope * libm::cos(std::f64::consts::TAU * across / self.wave())
    }
}

impl FilterKernel {
    /// Side in places.
    pub fn size(&self) -> usize {
        match self {
            FilterKernel::Dog(k) => k.size,
            FilterKernel::Gabor(k) => k.size,
        }
    }

    /// Checks the parameters; `place` names the kernel in errors.
    ///
    /// # Errors
    /// Sizes that are even (a kernel has a centre) or out of range; widths that are not above 0; anything not finite.
    pub fn check(&self, place: &str) -> Result<()> {
        let size = self.size();
        if size.is_multiple_of(2) || !(3..=LARGEST).contains(&size) {
            let rule = format!("must be odd, so that there is a centre, and 3 to {LARGEST}");
            return Err(value_error(place, "size", None, size, rule));
        }
        match self {
            FilterKernel::Dog(k) => {
                positive(place, "center", k.center)?;
                positive(place, "surround", k.surround)?;
                if k.center == k.surround {
                    let rule = "must differ from `center`: else nothing is left of the difference";
                    return Err(value_error(place, "surround", None, k.surround, rule));
                }
                Ok(())
            }
            FilterKernel::Gabor(k) => {
                if !k.orientation.is_finite() {
                    return Err(value_error(place, "orientation", None, k.orientation, "must be finite"));
                }
                positive(place, "wavelength", k.wave())?;
                positive(place, "sigma", k.width())?;
                positive(place, "aspect", k.aspect)
            }
        }
    }

    /// The kernel's values `[row, column]`; their mean is 0, the largest is 1.
    ///
    /// # Errors
    /// Those of [`FilterKernel::check`]; widths so small or so large that the kernel is the same everywhere.
    pub fn values(&self, place: &str) -> Result<Vec<f32>> {
        self.check(place)?;
        let (size, radius) = (self.size(), (self.size() / 2) as f64);
        let mut values = Vec::with_capacity(size * size);
        for row in 0..size {
            for column in 0..size {
                let (row, column) = (row as f64 - radius, column as f64 - radius);
                values.push(match self {
                    FilterKernel::Dog(k) => k.value(row, column),
                    FilterKernel::Gabor(k) => k.value(row, column),
                });
            }
        }
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let largest = values.iter().map(|v| v - mean).fold(0.0, f64::max);
        let result: Vec<f32> = values.iter().map(|v| ((v - mean) / largest) as f32).collect();
        if largest > 0.0 && result.iter().all(|v| v.is_finite()) {
            return Ok(result);
        }
        Err(Error::unsupported(
            place,
            format!("{self:?} has the same value at all places; take widths that suit its size"),
        ))
    }
}

/// # Errors
/// What is not finite and above 0.
pub(super) fn positive(place: &str, field: &str, x: f64) -> Result<()> {
    if x > 0.0 && x.is_finite() {
        return Ok(());
    }
    Err(value_error(place, field, None, x, "must be finite and above 0, in places"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_0_largest_1_and_symmetric() {
        let gabors = Gabor::bank(7, 3, 20.0);
        for kernel in Dog::on_off(7, 1.0, 2.0).into_iter().chain(gabors) {
            let v = kernel.values("k").unwrap();
            assert!(v.iter().sum::<f32>().abs() < 1e-5);
            assert_eq!(v.iter().copied().fold(f32::MIN, f32::max), 1.0);
            assert!((0..49).all(|i| (v[i] - v[48 - i]).abs() < 1e-6), "{kernel:?}");
        }
        let on = Dog::on_off(7, 1.0, 2.0)[0].values("k").unwrap();
        assert_eq!(on[24], 1.0);
    }

    #[test]
    fn orientation_0_is_an_edge_along_the_columns() {
        let v = FilterKernel::Gabor(Gabor::new(5, 0.0)).values("k").unwrap();
        // Across, from row to row, it changes its sign; along, from column to column, it does not.
        assert!(v[2 * 5 + 2] > 0.0 && v[2 * 5] > 0.0 && v[5 + 2] < 0.0, "{v:?}");
    }

    #[test]
    fn faults() {
        let error = |k: FilterKernel| k.values("bank.filters[0]").unwrap_err().to_string();
        let dog = |size, center, surround| FilterKernel::Dog(Dog { size, center, surround });
        assert!(error(dog(6, 1.0, 2.0)).contains("filters[0].size = 6: must be odd"));
        assert!(error(dog(0, 1.0, 2.0)).contains("must be odd"));
        assert!(error(dog(1, 1.0, 2.0)).contains("3 to 1001"));
        assert!(error(dog(5, 0.0, 2.0)).contains("center = 0: must be finite and above 0"));
        assert!(error(dog(5, 1.0, f64::NAN)).contains("surround = NaN"));
        assert!(error(dog(5, 1.0, 1.0)).contains("must differ"));
        assert!(error(dog(5, 1e200, 1e201)).contains("the same value"));
        let gabor = |change: &dyn Fn(&mut Gabor)| {
            let mut k = Gabor::new(5, 30.0);
            change(&mut k);
            error(FilterKernel::Gabor(k))
        };
        assert!(gabor(&|k| k.orientation = f64::NAN).contains("orientation = NaN"));
        assert!(gabor(&|k| k.wavelength = Some(0.0)).contains("wavelength = 0"));
        assert!(gabor(&|k| k.sigma = Some(-1.0)).contains("sigma = -1"));
        assert!(gabor(&|k| k.aspect = f64::INFINITY).contains("aspect = inf"));
    }
}
