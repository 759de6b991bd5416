//! `map`: what operators that see one value at a time share.

use crate::network::signal::{Reach, Signal};

/// Writes `f(sample, feature, value)` of every value. Where `f(0) = 0` the output of events is events.
pub(super) fn map(
    input: &Signal,
    out: &mut Signal,
    keeps_zero: bool,
    mut f: impl FnMut(usize, usize, f32) -> f32,
) {
    let mut events = out.events.take().unwrap_or_default();
    out.zeros(input.samples, input.width);
    out.reach = input.reach.clone();
    let rows = out.values.chunks_exact_mut(input.width.max(1)).enumerate();
    match &input.events {
        Some(from) if keeps_zero => {
            events.clear();
            for (sample, row) in rows {
                let (index, value) = from.of(sample);
                for (i, v) in index.iter().zip(value) {
                    // No −0 survives; what has become 0 is not an event.
                    let y = f(sample, *i as usize, *v) + 0.0;
                    if y != 0.0 {
                        row[*i as usize] = y;
                        events.push(*i, y);
                    }
                }
                events.end_sample();
            }
            out.events = Some(events);
        }
        _ => {
            let mut buffer = Vec::new();
            let values = input.dense(&mut buffer).chunks_exact(input.width.max(1));
            for ((sample, row), from) in rows.zip(values) {
                for (i, (to, v)) in row.iter_mut().zip(from).enumerate() {
                    *to = f(sample, i, *v) + 0.0;
                }
            }
        }
    }
}

/// The reach without the places where `signal` is 0.
pub(super) fn where_not_zero(reach: &Reach, signal: &Signal) -> Reach {
    if *reach == Reach::Nowhere {
        return Reach::Nowhere;
    }
    let words = signal.width.div_ceil(64);
    let mut bits = vec![0u64; signal.samples * words];
    for (sample, row) in signal.values.chunks_exact(signal.width.max(1)).enumerate() {
        for (i, _) in row.iter().enumerate().filter(|(_, v)| **v != 0.0) {
            if reach.at(sample, i, signal.width) {
                bits[sample * words + i / 64] |= 1 << (i % 64);
            }
        }
    }
    Reach::Bits(bits)
}
