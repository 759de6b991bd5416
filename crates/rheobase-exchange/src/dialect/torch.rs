//! Layers of torch itself, which most frameworks share.

use std::borrow::Cow;

use rheobase_base::Result;
use rheobase_network::network::{Conv, Kind, Link, Nothing, PoolOf, WeightStart};

use crate::build::Build;
use crate::layer::{Layer, Value};
use crate::report::Fate;
use crate::tensor::{Data, Tensor};

/// Makes nodes of a layer of torch 2.15.
pub(super) fn layer(build: &mut Build, layer: &mut Layer, inputs: Vec<Link>) -> Result<bool> {
    match &layer.class[..] {
        "torch.nn.Linear" | "Linear" => {
            let weight = layer.take("weight")?;
            let bias = layer.tensor("bias")?;
            build.linear("", inputs, weight, bias, false)?;
            build.say("weight", Fate::Rewritten, "[out, in] is turned to [in, out]");
            said_bias(build, bias.is_some());
        }
        "torch.nn.Conv1d" | "torch.nn.Conv2d" => conv(build, layer, inputs)?,
        "torch.nn.AvgPool1d" | "torch.nn.AvgPool2d" => pool(build, layer, inputs, PoolOf::Average)?,
        "torch.nn.MaxPool1d" | "torch.nn.MaxPool2d" => pool(build, layer, inputs, PoolOf::Max)?,
        "sinabs.SumPool2d" | "SumPool2d" => pool(build, layer, inputs, PoolOf::Sum)?,
        "torch.nn.Flatten" => {
            let ends = (layer.number("start_dim")?, layer.number("end_dim")?);
            // A sample has no axis of the batch, which is axis 0 there.
            if ends.0.is_some_and(|start| start > 1.0) || ends.1.is_some_and(|end| end != -1.0) {
                build.say("start_dim, end_dim", Fate::Refused, "only all axes of a sample can be flattened");
            }
            build.node("", inputs, Kind::Flatten(Nothing {}));
        }
        "torch.nn.BatchNorm1d" | "torch.nn.BatchNorm2d" => batch_norm(build, layer, inputs)?,
        "torch.nn.Dropout" | "torch.nn.Dropout1d" | "torch.nn.Dropout2d" | "torch.nn.Identity" => {
            layer.value("p");
            build.pass(inputs);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

pub(super) fn said_bias(build: &mut Build, there: bool) {
    if there {
        build.say("bias", Fate::Exact, "");
    }
}

fn conv(build: &mut Build, layer: &Layer, inputs: Vec<Link>) -> Result<()> {
    let bias = layer.tensor("bias")?;
    let (weight, padding) = padded(build, layer)?;
    let [outputs, _, kernel @ ..] = weight.shape() else {
        return Err(layer.fault("weight", format!("{:?}", weight.shape()), "must be [out, in/groups, …]"));
    };
    if layer.text("padding_mode")?.is_some_and(|mode| mode != "zeros") {
        build.say("padding_mode", Fate::Refused, "padding is with zeros here");
    }
    let lengths = |name: &str, default| {
        Ok::<_, rheobase_base::Error>(layer.lengths(name)?.unwrap_or_else(|| vec![default]))
    };
    let conv = Conv {
        outputs: *outputs,
        kernel: kernel.to_vec(),
        stride: lengths("stride", 1)?,
        padding,
        dilation: lengths("dilation", 1)?,
        groups: layer.number("groups")?.unwrap_or(1.0) as usize,
        bias: bias.is_some(),
        start: WeightStart::Constant(0.0),
    };
    build.conv(inputs, conv, &weight, bias)?;
    build.say("weight", Fate::Exact, "");
    said_bias(build, bias.is_some());
    Ok(())
}

/// The weight of a convolution and its padding in numbers.
///
/// With an even kernel `same` pads one place more behind than before; a kernel with a row of zeros before it is as long as that on
/// both sides.
fn padded<'a>(build: &mut Build, layer: &'a Layer) -> Result<(Cow<'a, Tensor>, Vec<usize>)> {
    let weight = layer.needed("weight")?;
    let kernel: Vec<usize> = weight.shape().iter().skip(2).copied().collect();
    if let Some(given) = layer.lengths("kernel")?
        && given.iter().zip(&kernel).any(|(a, b)| a != b)
    {
        let rule = format!("must be that of the weight, {kernel:?}");
        return Err(layer.fault("kernel", format!("{given:?}"), rule));
    }
    let word = match layer.value("padding") {
        Some(Value::Text(word)) => &word[..],
        _ => return Ok((Cow::Borrowed(weight), layer.lengths("padding")?.unwrap_or_else(|| vec![0]))),
    };
    match word {
        "valid" => return Ok((Cow::Borrowed(weight), vec![0])),
        "same" => {}
        other => {
            return Err(layer.fault("padding", format!("`{other}`"), "must be numbers, `valid` or `same`"));
        }
    }
    let dilation = layer.lengths("dilation")?.unwrap_or_else(|| vec![1]);
    let spread = |axis: usize| dilation[axis.min(dilation.len() - 1)] * kernel[axis].saturating_sub(1);
    let odd: Vec<usize> = (0..kernel.len()).filter(|a| spread(*a) % 2 == 1).collect();
    if odd.iter().any(|a| dilation[(*a).min(dilation.len() - 1)] > 1) {
        let how = "`same` with an even kernel and dilation pads one side more than the other, which has no counterpart";
        build.say("padding", Fate::Refused, how);
    }
    let longer: Vec<usize> = (0..kernel.len()).map(|a| kernel[a] + usize::from(odd.contains(&a))).collect();
    let padding = (0..kernel.len()).map(|a| (spread(a) + usize::from(odd.contains(&a))) / 2).collect();
    if odd.is_empty() {
        build.say("padding", Fate::Rewritten, "`same` as numbers");
        return Ok((Cow::Borrowed(weight), padding));
    }
    build.say(
        "padding",
        Fate::Rewritten,
        "`same` with an even kernel: zeros stand before the kernel's first row",
    );
    Ok((Cow::Owned(with_zeros_before(layer, weight, &longer)?), padding))
}

/// A kernel at the end of a longer one of zeros.
fn with_zeros_before(layer: &Layer, weight: &Tensor, longer: &[usize]) -> Result<Tensor> {
    let shape: Vec<usize> = weight.shape()[..2].iter().chain(longer).copied().collect();
    let (old, mut values) = (weight.to_f32(), vec![0.0; shape.iter().product()]);
    let kernel = &weight.shape()[2..];
    for (i, value) in old.iter().enumerate() {
        // The place of element i, axis by axis from the last.
        let (mut rest, mut at, mut stride) = (i, 0, 1);
        for (short, long) in kernel.iter().zip(longer).rev() {
            at += (rest % short + long - short) * stride;
            (rest, stride) = (rest / short, stride * long);
        }
        values[at + rest * stride] = *value;
    }
    Tensor::new(&layer.name, "weight", shape, Data::F32(values))
}

fn pool(build: &mut Build, layer: &Layer, inputs: Vec<Link>, of: PoolOf) -> Result<()> {
    let padded = layer.lengths("padding")?.is_some_and(|p| p.iter().any(|p| *p > 0));
    if layer.flag("ceil_mode", false)? {
        build.say("ceil_mode", Fate::Refused, "windows end within the input here");
    }
    if padded && !layer.flag("count_include_pad", true)? {
        build.say(
            "count_include_pad",
            Fate::Refused,
            "an average is over the whole window here, padding included",
        );
    }
    layer.value("count_include_pad");
    if layer.value("divisor_override").is_some() {
        build.say("divisor_override", Fate::Refused, "an average is divided by the size of its window here");
    }
    if layer.lengths("dilation")?.is_some_and(|d| d.iter().any(|d| *d > 1)) {
        build.say("dilation", Fate::Refused, "windows have no gaps here");
    }
    build.pool(inputs, of, layer)?;
    Ok(())
}

/// In evaluation mode: `y = (x − mean)/√(var + eps)·weight + bias`, channel by channel.
fn batch_norm(build: &mut Build, layer: &Layer, inputs: Vec<Link>) -> Result<()> {
    let (mean, var) = (layer.needed("running_mean")?, layer.needed("running_var")?);
    let eps = layer.number("eps")?.unwrap_or(1e-5);
    let (gain, bias) = (layer.tensor("weight")?, layer.tensor("bias")?);
    let mut factor = Vec::with_capacity(mean.len());
    let mut shift = Vec::with_capacity(mean.len());
    for i in 0..mean.len().min(var.len()) {
        let f = gain.map_or(1.0, |g| g.at(i)) / (var.at(i) + eps).sqrt();
        factor.push(f as f32);
        shift.push((bias.map_or(0.0, |b| b.at(i)) - mean.at(i) * f) as f32);
    }
    for name in ["num_batches_tracked", "momentum", "affine", "track_running_stats"] {
        layer.value(name);
    }
    let source = layer.inputs.first().map(|s| s.layer.clone()).unwrap_or_default();
    build.fold(&source, &factor, &shift)?;
    build.pass(inputs);
    let how = format!("folded into `{source}`: w·γ/√(σ² + ε), (b − μ)·γ/√(σ² + ε) + β");
    build.say("running statistics, weight, bias", Fate::Rewritten, how);
    Ok(())
}
