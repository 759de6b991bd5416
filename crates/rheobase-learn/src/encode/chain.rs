//! Encoders before encoders: values become other values, which the next encoder turns into input.

use super::check::{Place, parameter, steps_fit, unsupported};
use super::{Encoder, Encoding, SampleInput};
use rheobase_base::{Error, Result};
use rheobase_data::SampleView;

/// Which sample, when, and what comes then.
pub(super) struct Link<'a> {
    pub(super) encoder: &'a str,
    pub(super) then: Option<&'a Encoding>,
    pub(super) sample_id: u64,
    pub(super) epoch: u64,
    pub(super) steps: usize,
}

impl Link<'_> {
    /// Hands what `change` appends for the values of a sample, `outputs` numbers per step, to the next encoder; without one
    /// it is the input.
    pub(super) fn encode(
        &self,
        sample: SampleView<'_>,
        outputs: usize,
        out: &mut SampleInput,
        mut change: impl FnMut(&[f32], Place<'_>, &mut Vec<f32>) -> Result<()>,
    ) -> Result<()> {
        let moves = match sample {
            SampleView::Static(_) => false,
            SampleView::Series { .. } => true,
            SampleView::Events { .. } => {
                let what = "takes values; these samples are spikes already, use `direct`";
                return Err(unsupported(self.encoder, what));
            }
        };
        steps_fit(self.encoder, &sample, self.sample_id, self.steps, outputs)?;
        let mut own = Vec::new();
        let values = match (self.then, moves) {
            (Some(_), _) => &mut own,
            (None, false) => out.constant(),
            (None, true) => out.dense(outputs),
        };
        for step in 0..if moves { self.steps } else { 1 } {
            let place = Place { encoder: self.encoder, sample: self.sample_id, step: moves.then_some(step) };
            change(sample.row(step).unwrap_or_default(), place, values)?;
        }
        let Some(then) = self.then else { return Ok(()) };
        let view = match moves {
            true => SampleView::Series { features: outputs, values: &own },
            false => SampleView::Static(&own),
        };
        then.encode(view, self.sample_id, self.epoch, self.steps, out)
    }

    /// [`Link::encode`] of what `change` makes of each image, in place.
    pub(super) fn encode_images(
        &self,
        sample: SampleView<'_>,
        image: Option<[usize; 3]>,
        out: &mut SampleInput,
        change: impl Fn(&mut [f32], [usize; 3]) -> Result<()>,
    ) -> Result<()> {
        let image = image_shape(self.encoder, image)?;
        self.encode(sample, sample.features(), out, |row, place, values| {
            is_image(place, row, image)?;
            let at = values.len();
            values.extend_from_slice(row);
            change(&mut values[at..], image).map_err(|e| of_sample(place, e))
        })
    }
}

/// The shape that the next encoder makes of `shape`.
pub(super) fn shape_after(then: Option<&Encoding>, shape: Vec<usize>) -> Result<Vec<usize>> {
    then.map_or(Ok(shape.clone()), |then| then.shape(&shape))
}

/// The shape of the images of an encoder that has to know it.
///
/// # Errors
/// None given, or one that is not [channel, row, column].
pub(super) fn image_shape(encoder: &str, image: Option<[usize; 3]>) -> Result<[usize; 3]> {
    image.ok_or_else(|| {
        let what = "needs to know the shape of an image: set `image` to [channel, row, column] \
                    (training jobs take that of the data)";
        unsupported(encoder, what)
    })
}

/// The shape of samples as that of images: [channel, row, column].
///
/// # Errors
/// Another rank, or another shape than is given in `image`.
pub(super) fn as_image(encoder: &str, image: Option<[usize; 3]>, sample: &[usize]) -> Result<[usize; 3]> {
    let found: Option<[usize; 3]> = sample.try_into().ok();
    match (found, image) {
        (Some(found), None) => Ok(found),
        (Some(found), Some(image)) if found == image => Ok(found),
        (_, image) => Err(Error::shape(
            encoder,
            "image",
            format!("{sample:?}"),
            match image {
                Some(image) => format!("{image:?} is needed, as the encoder says"),
                None => "[channel, row, column] is needed; give the data such a shape".into(),
            },
        )),
    }
}

/// Whether the values of a step are an image.
///
/// # Errors
/// Another number of values.
pub(super) fn is_image(place: Place<'_>, values: &[f32], image: [usize; 3]) -> Result<()> {
    let wanted: usize = image.iter().product();
    if values.len() == wanted {
        return Ok(());
    }
    let rule = format!("must be the {wanted} values of an image of {image:?}");
    parameter(place.encoder, &format!("input[{}].features", place.sample), values.len(), false, &rule)
}

/// What an operation on images found wrong with a sample: its error, with the sample's number.
pub(super) fn of_sample(place: Place<'_>, error: Error) -> Error {
    match error {
        Error::Value { field, index, value, rule, .. } => {
            let step = place.step.map_or(String::new(), |t| format!("[{t}]"));
            let field = match field.as_str() {
                "image" | "intensities" => format!("input[{}]{step}", place.sample),
                other => format!("input[{}]{step}.{other}", place.sample),
            };
            Error::value(place.encoder, field, value, rule).at(index)
        }
        other => other,
    }
}
