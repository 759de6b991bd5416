//! Layers of torch itself, which most frameworks share.

use rheobase::Result;
use rheobase::network::{Conv, Kind, Link, Nothing, PoolOf, WeightStart};

use crate::build::Build;
use crate::layer::Layer;
use crate::report::Fate;

/// Makes nodes of a layer of torch 2.15.
pub(super) fn layer(build: &mut Build<'_>, layer: &Layer, inputs: Vec<Link>) -> Result<bool> {
    match &layer.class[..] {
        "torch.nn.Linear" | "Linear" => {
            let bias = layer.tensor("bias")?;
            build.linear("", inputs, layer.needed("weight")?, bias, false)?;
            build.say("weight", Fate::Rewritten, "[out, in] is turned to [in, out]");
            said_bias(build, bias.is_some());
        }
        "torch.nn.Conv1d" | "torch.nn.Conv2d" => conv(build, layer, inputs)?,
        "torch.nn.AvgPool1d" | "torch.nn.AvgPool2d" => {
            build.pool(inputs, PoolOf::Average, layer)?;
        }
        "torch.nn.MaxPool1d" | "torch.nn.MaxPool2d" => {
            build.pool(inputs, PoolOf::Max, layer)?;
        }
        "sinabs.SumPool2d" | "SumPool2d" => {
            build.pool(inputs, PoolOf::Sum, layer)?;
        }
        "torch.nn.Flatten" => {
            let ends = (layer.number("start_dim")?, layer.number("end_dim")?);
            if ends.1.is_some_and(|end| end != -1.0) {
                build.say("end_dim", Fate::Refused, "only all axes of a sample can be flattened");
            }
            build.node("", inputs, Kind::Flatten(Nothing {}));
        }
        "torch.nn.BatchNorm1d" | "torch.nn.BatchNorm2d" => batch_norm(build, layer, inputs)?,
        "torch.nn.Dropout" | "torch.nn.Identity" => {
            layer.value("p");
            build.pass(inputs);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

pub(super) fn said_bias(build: &mut Build<'_>, there: bool) {
    if there {
        build.say("bias", Fate::Exact, "");
    }
}

fn conv(build: &mut Build<'_>, layer: &Layer, inputs: Vec<Link>) -> Result<()> {
    let weight = layer.needed("weight")?;
    let bias = layer.tensor("bias")?;
    let axes = weight.shape().len().saturating_sub(2);
    let [outputs, _, kernel @ ..] = weight.shape() else {
        return Err(layer.fault("weight", format!("{:?}", weight.shape()), "must be [out, in/groups, …]"));
    };
    if let Some(given) = layer.lengths("kernel")?
        && given.iter().zip(kernel).any(|(a, b)| a != b)
    {
        return Err(layer.fault("kernel", format!("{given:?}"), format!("must be that of the weight, {kernel:?}")));
    }
    if layer.text("padding_mode")?.is_some_and(|mode| mode != "zeros") {
        build.say("padding_mode", Fate::Refused, "padding is with zeros here");
    }
    let lengths = |name: &str, default| Ok::<_, rheobase::Error>(layer.lengths(name)?.unwrap_or_else(|| vec![default]));
    let conv = Conv {
        outputs: *outputs,
        kernel: kernel.to_vec(),
        stride: lengths("stride", 1)?,
        padding: lengths("padding", 0)?,
        dilation: lengths("dilation", 1)?,
        groups: layer.number("groups")?.unwrap_or(1.0) as usize,
        bias: bias.is_some(),
        start: WeightStart::Constant(0.0),
    };
    debug_assert_eq!(axes, kernel.len());
    build.conv(inputs, conv, weight, bias)?;
    build.say("weight", Fate::Exact, "");
    said_bias(build, bias.is_some());
    Ok(())
}

/// In evaluation mode: `y = (x − mean)/√(var + eps)·weight + bias`, channel by channel.
fn batch_norm(build: &mut Build<'_>, layer: &Layer, inputs: Vec<Link>) -> Result<()> {
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
