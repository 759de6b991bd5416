//! `Windows`: where the windows of a convolution or of pooling stand, over one or two axes.

use rheobase_base::{Error, Result};

/// Settings of windows as they are written: one number per axis, or one for all.
pub(crate) struct Lists<'a> {
    pub(crate) kernel: &'a [usize],
    pub(crate) stride: &'a [usize],
    pub(crate) padding: &'a [usize],
    pub(crate) dilation: &'a [usize],
}

/// Windows along one axis. Tap `k` of window `o` sees place `o·stride + k·dilation − padding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Axis {
    /// Places of the input.
    pub(crate) input: usize,
    /// Taps of a window.
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    pub(crate) padding: usize,
    pub(crate) dilation: usize,
    /// Windows.
    pub(crate) outputs: usize,
}

/// The windows of a signal `[C, L]` or `[C, H, W]`. One axis is two of which the first has a single place, which leaves
/// the order of features as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Windows {
    pub(crate) channels: usize,
    pub(crate) rows: Axis,
    pub(crate) columns: Axis,
    /// Axes besides the channels: 1 or 2.
    pub(crate) axes: usize,
}

/// Where windows stand: one number for each axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowsAt {
    /// Taps of a window.
    pub kernel: Vec<usize>,
    /// Places from one window to the next.
    pub stride: Vec<usize>,
    /// Places of value 0 around the input.
    pub padding: Vec<usize>,
    /// Places from one tap to the next.
    pub dilation: Vec<usize>,
}

impl Windows {
    /// Where they stand, axis by axis.
    pub(crate) fn at(&self) -> WindowsAt {
        let axes = [&self.rows, &self.columns];
        let each = |of: fn(&Axis) -> usize| axes[2 - self.axes..].iter().map(|axis| of(axis)).collect();
        WindowsAt {
            kernel: each(|axis| axis.kernel),
            stride: each(|axis| axis.stride),
            padding: each(|axis| axis.padding),
            dilation: each(|axis| axis.dilation),
        }
    }
}

/// The windows that see a place, and with which tap: ascending in the window, descending in the tap, in even steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) count: usize,
    output: u32,
    tap: u32,
}

/// The run of every place of an axis.
#[derive(Debug, Clone)]
pub(crate) struct Targets {
    runs: Vec<Run>,
    output_step: usize,
    tap_step: usize,
}

/// More values than this have no place in a signal.
const LIMIT: usize = 1 << 31;

/// The error of a setting.
pub(crate) fn value_error(
    place: &str,
    field: &str,
    index: Option<usize>,
    value: impl ToString,
    rule: impl Into<String>,
) -> Error {
    Error::value(place, field, value, rule).at(index)
}

impl Axis {
    /// The only row of a signal with one axis.
    const SINGLE: Axis = Axis { input: 1, kernel: 1, stride: 1, padding: 0, dilation: 1, outputs: 1 };

    /// Places with the padding.
    pub(crate) fn padded(&self) -> usize {
        self.input + 2 * self.padding
    }

    /// The place that a tap sees, unless it is in the padding.
    pub(crate) fn place(&self, output: usize, tap: usize) -> Option<usize> {
        (output * self.stride + tap * self.dilation).checked_sub(self.padding).filter(|i| *i < self.input)
    }

    /// The places that a window without dilation sees.
    pub(crate) fn range(&self, output: usize) -> std::ops::Range<usize> {
        let start = output * self.stride;
        let end = (start + self.kernel).saturating_sub(self.padding).min(self.input);
        start.saturating_sub(self.padding).min(end)..end
    }

    /// The windows along axis `n` of `axes`.
    fn new(place: &str, lists: &Lists<'_>, input: &[usize], n: usize) -> Result<Axis> {
        let axes = input.len() - 1;
        let pick = |field: &str, list: &[usize], least: usize| -> Result<usize> {
            let value = match list {
                [one] => *one,
                _ if list.len() == axes => list[n],
                _ => {
                    let rule = match axes {
                        1 => format!("must have one number for the one axis of the input {input:?}"),
                        _ => format!(
                            "must have one number, or one for each of the {axes} axes of the input {input:?}"
                        ),
                    };
                    return Err(value_error(place, field, None, format!("{list:?}"), rule));
                }
            };
            let index = (list.len() > 1).then_some(n);
            if value < least {
                return Err(value_error(place, field, index, value, format!("must be at least {least}")));
            }
            if value >= LIMIT {
                return Err(value_error(place, field, index, value, "must be less than 2^31"));
            }
            Ok(value)
        };
        let kernel = pick("kernel", lists.kernel, 1)?;
        let stride = pick("stride", lists.stride, 1)?;
        let padding = pick("padding", lists.padding, 0)?;
        let dilation = pick("dilation", lists.dilation, 1)?;
        let input = input[n + 1];
        // Numbers below 2^31 have products below 2^62.
        let (size, reach) = (input as u64 + 2 * padding as u64, (kernel as u64 - 1) * dilation as u64 + 1);
        if reach > size {
            let rule = format!(
                "reaches over {reach} places (dilation {dilation}), but axis {n} of the input has only {size} \
                 (padding {padding}); take a smaller kernel or more padding"
            );
            let index = (lists.kernel.len() > 1).then_some(n);
            return Err(value_error(place, "kernel", index, kernel, rule));
        }
        let outputs = ((size - reach) / stride as u64 + 1) as usize;
        // The distance between taps of which there is one is of no interest.
        let dilation = if kernel == 1 { 1 } else { dilation };
        Ok(Axis { input, kernel, stride, padding, dilation, outputs })
    }
}

impl Windows {
    /// Checks settings against the shape of the input.
    pub(crate) fn new(place: &str, lists: &Lists<'_>, input: &[usize]) -> Result<Windows> {
        let sized =
            input.iter().try_fold(1usize, |n, d| n.checked_mul(*d)).is_some_and(|n| n > 0 && n < LIMIT);
        if !(2..=3).contains(&input.len()) || !sized {
            return Err(Error::shape(
                place,
                "input",
                format!("{input:?}"),
                "[C, L] or [C, H, W] is needed, channels and one or two axes, with at least one and less \
                       than 2^31 values; give the network's input such a shape",
            ));
        }
        let axes = input.len() - 1;
        let first = Axis::new(place, lists, input, 0)?;
        let (rows, columns) =
            if axes == 1 { (Axis::SINGLE, first) } else { (first, Axis::new(place, lists, input, 1)?) };
        let padded = [rows.padded(), columns.padded()].iter().try_fold(input[0], |n, d| n.checked_mul(*d));
        if padded.is_none_or(|n| n >= LIMIT) {
            let rule = format!("must leave the input {input:?} less than 2^31 values with its padding");
            return Err(value_error(place, "padding", None, format!("{:?}", lists.padding), rule));
        }
        Ok(Windows { channels: input[0], rows, columns, axes })
    }

    /// Places of a channel of the input.
    pub(crate) fn places(&self) -> usize {
        self.rows.input * self.columns.input
    }

    /// Windows of a channel.
    pub(crate) fn outputs(&self) -> usize {
        self.rows.outputs * self.columns.outputs
    }

    /// Taps of a window.
    pub(crate) fn taps(&self) -> usize {
        self.rows.kernel * self.columns.kernel
    }

    /// Checks how many channels come out of all windows, and their groups.
    ///
    /// # Errors
    /// None; groups that do not divide the channels; 2³¹ weights or more.
    pub(crate) fn check_outputs(&self, place: &str, outputs: usize, groups: usize) -> Result<()> {
        if outputs == 0 {
            return Err(value_error(place, "outputs", None, 0, "must be at least 1"));
        }
        if groups == 0 {
            return Err(value_error(place, "groups", None, 0, "must be at least 1"));
        }
        for (channels, what) in [(self.channels, "channels of the input"), (outputs, "outputs")] {
            if !channels.is_multiple_of(groups) {
                let rule = format!("must divide the {channels} {what}");
                return Err(value_error(place, "groups", None, groups, rule));
            }
        }
        let sizes = [self.channels / groups, self.rows.kernel, self.columns.kernel];
        let size = sizes.iter().try_fold(outputs, |n, d| n.checked_mul(*d));
        if size.is_none_or(|n| n >= 1 << 31) {
            let rule = "gives 2^31 weights or more; take fewer outputs, a smaller kernel or more groups";
            return Err(value_error(place, "outputs", None, outputs, rule));
        }
        Ok(())
    }

    /// `[channels, windows…]`.
    pub(crate) fn shape(&self, channels: usize) -> Vec<usize> {
        let all = [channels, self.rows.outputs, self.columns.outputs];
        if self.axes == 1 { vec![all[0], all[2]] } else { all.to_vec() }
    }
}

impl Targets {
    pub(crate) fn new(axis: &Axis) -> Targets {
        let mut runs = vec![Run::default(); axis.input];
        for output in 0..axis.outputs {
            for tap in 0..axis.kernel {
                if let Some(place) = axis.place(output, tap) {
                    let run = &mut runs[place];
                    if run.count == 0 {
                        (run.output, run.tap) = (output as u32, tap as u32);
                    }
                    run.count += 1;
                }
            }
        }
        // The solutions (o, k) of o·stride + k·dilation = place + padding.
        let common = gcd(axis.stride, axis.dilation);
        Targets { runs, output_step: axis.dilation / common, tap_step: axis.stride / common }
    }

    /// Whether the windows that see a place are neighbours.
    #[inline(always)]
    pub(crate) fn are_neighbours(&self) -> bool {
        self.output_step == 1
    }

    /// A place for each of `taps`, so that those of a run stand side by side.
    pub(crate) fn order(&self, taps: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..taps).collect();
        all.sort_by_key(|tap| (tap % self.tap_step, std::cmp::Reverse(*tap)));
        let mut order = vec![0; taps];
        for (at, tap) in all.into_iter().enumerate() {
            order[tap] = at;
        }
        order
    }

    /// The run of a place.
    #[inline(always)]
    pub(crate) fn of(&self, place: usize) -> Run {
        self.runs[place]
    }

    /// Window and tap number `n` of a run.
    #[inline(always)]
    pub(crate) fn nth(&self, run: Run, n: usize) -> (usize, usize) {
        (run.output as usize + n * self.output_step, run.tap as usize - n * self.tap_step)
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn windows(input: &[usize], kernel: &[usize], stride: &[usize], padding: &[usize]) -> Result<Windows> {
        Windows::new("pool", &Lists { kernel, stride, padding, dilation: &[1] }, input)
    }

    #[test]
    fn counts_are_those_of_the_formula() {
        // PyTorch: floor((L + 2·padding − dilation·(kernel − 1) − 1)/stride + 1).
        let w = windows(&[3, 28, 27], &[5, 3], &[2], &[1, 0]).unwrap();
        assert_eq!(w.shape(8), [8, 13, 13]);
        assert_eq!(windows(&[2, 10], &[4], &[3], &[0]).unwrap().shape(2), [2, 3]);
    }

    #[test]
    fn bad_settings_say_what_to_do() {
        let errors = [
            (windows(&[64], &[3], &[1], &[0]), "pool.input: shape [64], but [C, L] or [C, H, W] is needed"),
            (windows(&[1, 2, 3, 4], &[3], &[1], &[0]), "pool.input: shape [1, 2, 3, 4], but"),
            (windows(&[1, 8, 8], &[3], &[0], &[0]), "pool.stride = 0: must be at least 1"),
            (windows(&[1, 8, 8], &[3], &[1, 0], &[0]), "pool.stride[1] = 0: must be at least 1"),
            (windows(&[1, 8, 8], &[0], &[1], &[0]), "pool.kernel = 0: must be at least 1"),
            (
                windows(&[1, 8], &[3, 3], &[1], &[0]),
                "pool.kernel = [3, 3]: must have one number for the one axis of the input [1, 8]",
            ),
            (
                windows(&[1, 8, 8], &[], &[1], &[0]),
                "pool.kernel = []: must have one number, or one for each of the 2 axes",
            ),
            (
                windows(&[1, 8, 4], &[7], &[1], &[1]),
                "pool.kernel = 7: reaches over 7 places (dilation 1), but axis 1 of the input has only 6",
            ),
            (windows(&[1, 8], &[3], &[1], &[usize::MAX]), "must be less than 2^31"),
            (windows(&[1, 8, 8], &[3], &[1], &[1 << 30]), "less than 2^31 values with its padding"),
        ];
        for (result, text) in errors {
            let error = result.unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        }
    }

    proptest! {
        #[test]
        fn targets_are_all_windows_that_see_a_place(
            (input, kernel, stride, padding, dilation) in (1usize..12, 1usize..6, 1usize..5, 0usize..5, 1usize..5)
        ) {
            let lists = Lists { kernel: &[kernel], stride: &[stride], padding: &[padding], dilation: &[dilation] };
            let Ok(windows) = Windows::new("w", &lists, &[1, input]) else { return Ok(()) };
            let axis = windows.columns;
            let targets = Targets::new(&axis);
            for place in 0..input {
                let run = targets.of(place);
                let found: Vec<_> = (0..run.count).map(|n| targets.nth(run, n)).collect();
                let mut all = Vec::new();
                for o in 0..axis.outputs {
                    all.extend((0..kernel).filter(|k| o * stride + k * dilation == place + padding).map(|k| (o, k)));
                }
                prop_assert_eq!(found, all);
            }
        }
    }
}
