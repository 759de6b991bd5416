//! Padding: places around every map.

use super::SpikeRows;
use super::check::{Shape, finite, neurons, rows, steps};
use super::windows::value_error;
use rheobase_base::Result;

/// Places added around every map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Padding {
    /// Columns before the first.
    pub left: usize,
    /// Columns after the last.
    pub right: usize,
    /// Rows before the first.
    pub top: usize,
    /// Rows after the last.
    pub bottom: usize,
}

impl Padding {
    /// The same on all sides.
    pub fn all(places: usize) -> Padding {
        Padding { left: places, right: places, top: places, bottom: places }
    }

    /// The shape with its padding.
    ///
    /// # Errors
    /// 2³¹ neurons or more.
    pub fn shape(&self, [features, height, width]: Shape) -> Result<Shape> {
        let side = |n: usize, a: usize, b: usize| n.saturating_add(a).saturating_add(b);
        let padded = [features, side(height, self.top, self.bottom), side(width, self.left, self.right)];
        neurons("pad", padded).map(|_| padded).map_err(|_| {
            let rule = format!("must leave [{features}, {height}, {width}] less than 2^31 neurons");
            value_error("pad", "padding", None, format!("{self:?}"), rule)
        })
    }

    /// Where neuron `i` stands in the padded maps.
    #[inline(always)]
    pub(crate) fn place(&self, i: usize, [_, height, width]: Shape) -> usize {
        let (line, column) = (i / width, i % width);
        let (feature, row) = (line / height, line % height);
        let padded =
            (feature * (height + self.top + self.bottom) + row + self.top) * (width + self.left + self.right);
        padded + column + self.left
    }
}

/// Surrounds every map of a wave with `value`. `out` is overwritten, reusing its buffers; its shape is
/// [`Padding::shape`].
///
/// # Errors
/// Lengths that do not fit `shape`; numbers that are not finite; 2³¹ neurons or more.
pub fn pad(wave: &[f32], shape: Shape, padding: Padding, value: f32, out: &mut Vec<f32>) -> Result<()> {
    let steps = steps("pad", "wave", wave, shape)?;
    finite("pad", "value", &[value])?;
    let padded: usize = padding.shape(shape)?.iter().product();
    out.clear();
    out.resize(steps * padded, value);
    let (width, neurons) = (shape[2], wave.len() / steps);
    for (n, line) in wave.chunks_exact(width).enumerate() {
        let (step, i) = (n * width / neurons, n * width % neurons);
        let to = step * padded + padding.place(i, shape);
        out[to..to + width].copy_from_slice(line);
    }
    Ok(())
}

/// The first spikes of padded maps. `out` is overwritten; its buffers are reused.
///
/// # Errors
/// Spikes of neurons that `shape` does not have; 2³¹ neurons or more.
pub fn pad_first(first: &SpikeRows, shape: Shape, padding: Padding, out: &mut SpikeRows) -> Result<()> {
    rows("pad_first", first, shape)?;
    padding.shape(shape)?;
    out.clear();
    for step in 0..first.steps() {
        let (index, value) = first.step(step);
        for (i, v) in index.iter().zip(value) {
            out.push(padding.place(*i as usize, shape) as u32, *v);
        }
        out.end_step();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vision::first_spikes;

    #[test]
    fn sides_are_where_their_names_say() {
        let padding = Padding { left: 1, right: 2, top: 0, bottom: 1 };
        let (mut wave, mut first) = (Vec::new(), SpikeRows::default());
        let x = [0.0, 2.0, 3.0, 4.0, 5.0, 0.0];
        pad(&x, [2, 1, 3], padding, 0.0, &mut wave).unwrap();
        assert_eq!(padding.shape([2, 1, 3]).unwrap(), [2, 2, 6]);
        let line = |a, b, c| [0.0, a, b, c, 0.0, 0.0];
        assert_eq!(wave, [line(0.0, 2.0, 3.0), [0.0; 6], line(4.0, 5.0, 0.0), [0.0; 6]].concat());
        let mut own = SpikeRows::default();
        first_spikes(&x, [2, 1, 3], &mut own).unwrap();
        pad_first(&own, [2, 1, 3], padding, &mut first).unwrap();
        let mut want = SpikeRows::default();
        first_spikes(&wave, [2, 2, 6], &mut want).unwrap();
        assert_eq!(first, want);
    }

    #[test]
    fn too_much_is_refused() {
        let error = Padding::all(usize::MAX).shape([1, 2, 2]).unwrap_err().to_string();
        assert!(error.contains("less than 2^31"), "{error}");
        assert!(pad(&[1.0], [1, 1, 1], Padding::all(1), f32::NAN, &mut Vec::new()).is_err());
    }
}
