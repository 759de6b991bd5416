//! What operators over feature maps share: spikes of a step in, spikes of a step out.

use crate::network::signal::Signal;

/// Writes what `f(sample, index, value, send)` sends, in ascending index, for what is not 0 in each sample. The output has
/// values, and events where the input has.
pub(super) fn sparse(
    input: &Signal,
    width: usize,
    out: &mut Signal,
    mut f: impl FnMut(usize, &[u32], &[f32], &mut dyn FnMut(u32, f32)),
) {
    let mut events = out.events.take().unwrap_or_default();
    events.clear();
    out.zeros(input.samples, width);
    let mut found;
    let from = match &input.events {
        Some(events) => events,
        None => {
            found = Signal { events: None, ..input.clone() };
            found.find_events();
            found.events.get_or_insert_default()
        }
    };
    for (sample, row) in out.values.chunks_exact_mut(width.max(1)).enumerate() {
        let (index, value) = from.of(sample);
        f(sample, index, value, &mut |i, v| {
            row[i as usize] = v;
            events.push(i, v);
        });
        events.end_sample();
    }
    out.events = input.events.is_some().then_some(events);
}

/// Adds dL/d output to dL/d input where something was sent: the backward pass of what passes some values on and stops others.
pub(super) fn back_where_sent(back: crate::network::operator::Back<'_>) {
    let ([_], [Some(gradient)]) = (back.inputs, back.gradients) else { return };
    let mut buffer = Vec::new();
    let sent = back.output.dense(&mut buffer);
    for ((sum, up), _) in gradient.iter_mut().zip(back.upstream).zip(sent).filter(|(_, x)| **x != 0.0) {
        *sum += up;
    }
}
