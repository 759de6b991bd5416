//! Where the channels of images stand: before rows and columns, as here, or behind them.

use rheobase_base::{Error, Result};

/// Where the channels of images stand in an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    /// `[sample, channel, row, column]`.
    First,
    /// `[sample, row, column, channel]`.
    Last,
}

impl Channels {
    /// The one called `name`: `first` or `last`.
    ///
    /// # Errors
    /// [`Error::Unknown`] with both.
    pub fn named(name: &str) -> Result<Channels> {
        match name {
            "first" => Ok(Channels::First),
            "last" => Ok(Channels::Last),
            _ => Err(Error::unknown("channels", "place of channels", name, ["first", "last"])),
        }
    }

    /// The values of samples of this shape and that shape, channels first. Without a word an image whose last axis is as short
    /// as colours are many, behind longer ones, is refused.
    ///
    /// # Errors
    /// In words: what has to be said; channels at the end of samples that are no images.
    pub(crate) fn first(
        channels: Option<Channels>,
        shape: Vec<usize>,
        values: Vec<f32>,
    ) -> std::result::Result<(Vec<usize>, Vec<f32>), String> {
        match (channels, &shape[..]) {
            (None, [a, b, c]) if matches!(c, 1 | 3 | 4) && *a > 4 && *b > 4 => Err(format!(
                "has samples of shape {shape:?}: images of {a} × {b} with {c} channels behind them, or {a} channels of {b} × {c}? Say \
                 which by channels \"last\" or \"first\""
            )),
            (Some(Channels::Last), &[rows, columns, channels]) => {
                let mut turned = Vec::with_capacity(values.len());
                for image in values.chunks_exact(rows * columns * channels) {
                    for channel in 0..channels {
                        turned.extend(image.iter().skip(channel).step_by(channels));
                    }
                }
                Ok((vec![channels, rows, columns], turned))
            }
            (Some(Channels::Last), _) => Err(format!(
                "has samples of shape {shape:?}; with channels \"last\" [row, column, channel] is needed"
            )),
            _ => Ok((shape, values)),
        }
    }
}
