//! Comparing what a layer gave with what the original returned and kept.

use super::super::TraceFile;
use super::super::bounds::of_clock;
use super::super::compare::{Comparison, Pair, SINGLE};
use super::attributes::broadcast;
use super::classes::Class;
use super::layer::{Run, spike_value};
use rheobase_base::Result;
use rheobase_sim::population::{Recording, SpikeRecord, Winner};

/// The arrays of one trace, as they are compared.
struct Check<'a> {
    trace: &'a TraceFile,
    run: &'a Run,
    /// Shape of arrays per step, neuron and sample.
    shape: Vec<usize>,
    /// Numbers per step.
    row: usize,
    done: Vec<Comparison>,
}

pub(super) fn compare(
    trace: &TraceFile,
    class: &Class,
    samples: usize,
    shape: [usize; 3],
    run: &Run,
) -> Result<Vec<Comparison>> {
    let row = samples * shape.iter().product::<usize>();
    let mut check = Check { trace, run, shape: trace.shape("input")?, row, done: Vec::new() };
    let probe = |name: &str| run.replayed.trace(name);
    let bounds = |name: &str| run.replayed.bounds(name);
    let state = trace.array("state")?;

    let spike = f64::from(spike_value(trace, class));
    let sign = |u: f64| if class.signed { u.signum() } else { 1.0 };
    let output = &run.replayed.output;
    let spikes: Vec<f64> = output.iter().zip(probe("potential")).map(|(s, u)| s * spike * sign(*u)).collect();
    check.close("spikes", &spikes, &[], None)?;
    check.close("thresholded", probe("thresholded"), bounds("thresholded"), Some(&state))?;
    let returned = if class.returns_potential { "potential" } else { "v" };
    check.close("state", probe(returned), bounds(returned), None)?;
    let after = if class.dudt_after_reset { "v" } else { "potential" };
    let dudt: Vec<f64> = probe(after).iter().zip(&run.before).map(|(u, p)| u - p).collect();
    let earlier = std::iter::repeat_n(&0.0, row).chain(bounds("v"));
    let of_dudt: Vec<f64> = bounds(after).iter().zip(earlier).map(|(u, p)| u + p).collect();
    check.close("dudt", &dudt, &of_dudt, Some(&state))?;
    for (name, ours) in
        [("post_previous_state", "v"), ("post_w", "w"), ("post_potential_at_last_injection", "v_input")]
    {
        check.close(name, probe(ours), bounds(ours), None)?;
    }
    for name in ["time_since_spike", "time_since_injection"] {
        let times = probe(name);
        check.close(&format!("post_{name}"), times, &of_clock(times, row, 1.0), None)?;
    }
    check.silence(class.ts(&trace.meta))?;
    check.winners()?;
    check.winning_spikes(&spikes, samples)?;
    for (name, ours) in [("final_per_neuron_thresh", "v_th"), ("final_theta_rh", "theta_rh")] {
        check.parameter(name, ours, samples, shape)?;
    }
    check.per_feature("taus_float64", shape)?;
    Ok(check.done)
}

impl Check<'_> {
    fn pair<'b>(&'b self, name: &'b str, got: &'b [f64], want: &'b [f64]) -> Pair<'b> {
        Pair { name, got, want, shape: &self.shape, neurons: self.row, bounds: &[] }
    }

    /// A number per neuron and step within tolerance or its bound, if the trace has it.
    fn close(&mut self, name: &str, got: &[f64], bounds: &[f64], scale: Option<&[f64]>) -> Result<()> {
        if self.trace.has(name) {
            let want = self.trace.array(name)?;
            let pair = Pair { bounds, ..self.pair(name, got, &want) };
            let compared = pair.close(SINGLE, scale, |i| self.run.replayed.is_lost(i));
            self.done.push(compared);
        }
        Ok(())
    }

    /// Whether competition in `step` went by a spike that fell the other way.
    fn is_flipped(&self, step: usize) -> bool {
        self.run.replayed.flipped.contains(&step)
    }

    /// The mask of silent neurons exactly, and the times left.
    fn silence(&mut self, ts: f64) -> Result<()> {
        let name = "post_refractory_periods";
        if !self.trace.has(name) {
            return Ok(());
        }
        let want: Vec<f64> = self.trace.array(name)?.iter().map(|left| left.max(0.0)).collect();
        let got: Vec<f64> = self.run.replayed.trace("held").iter().map(|h| h * ts).collect();
        let mask = |times: &[f64]| times.iter().map(|t| f64::from(u8::from(*t > 0.0))).collect::<Vec<_>>();
        let skip = |i: usize| self.is_flipped(i / self.row) || self.run.replayed.is_lost(i);
        let masks = self.pair(name, &mask(&got), &mask(&want)).exact(skip);
        let bounds = of_clock(&want, self.row, -1.0);
        let times = Pair { bounds: &bounds, ..self.pair(name, &got, &want) }.close(SINGLE, None, skip);
        self.done.push(if masks.agrees { times } else { masks });
        Ok(())
    }

    /// Winners as the original lists them: feature, row, column, −1 where there is none.
    fn winners(&mut self) -> Result<()> {
        let name = "winners";
        if !self.trace.has(name) {
            return Ok(());
        }
        let want = self.trace.array(name)?;
        let shape = self.trace.shape(name)?;
        let steps = self.shape.first().copied().unwrap_or(0);
        let k = shape.get(1).copied().unwrap_or(0);
        if shape.len() != 3 || want.len() != steps * k * 3 {
            self.disagree(name);
            return Ok(());
        }
        let mut got = vec![-1.0; want.len()];
        let mut next = vec![0; steps];
        for Winner { step, place, .. } in &self.run.replayed.winners {
            if let Some(to) = got.chunks_exact_mut(3).nth(step * k + next[*step]).filter(|_| next[*step] < k)
            {
                to.iter_mut().zip(place).for_each(|(to, x)| *to = *x as f64);
            }
            next[*step] += 1;
        }
        let pair = Pair { name, got: &got, want: &want, shape: &shape, neurons: k * 3, bounds: &[] };
        let compared = pair.exact(|i| self.is_flipped(i / (k * 3).max(1)));
        self.done.push(compared);
        Ok(())
    }

    /// The winners' spikes, everything else 0.
    fn winning_spikes(&mut self, spikes: &[f64], samples: usize) -> Result<()> {
        let name = "winning_spikes";
        if !self.trace.has(name) {
            return Ok(());
        }
        let recording = Recording {
            shape: [spikes.len() / self.row, samples, self.row / samples],
            spikes: SpikeRecord::Dense(spikes.iter().map(|s| *s as f32).collect()),
            traces: Vec::new(),
            winners: self.run.replayed.winners.clone(),
        };
        let got = self.run.population.winning_spikes(&recording)?;
        let got: Vec<f64> = got.into_iter().map(f64::from).collect();
        let want = self.trace.array(name)?;
        let compared =
            self.pair(name, &got, &want).close(SINGLE, Some(spikes), |i| self.is_flipped(i / self.row));
        self.done.push(compared);
        Ok(())
    }

    /// A parameter after the run, per neuron.
    fn parameter(&mut self, name: &str, ours: &str, samples: usize, shape: [usize; 3]) -> Result<()> {
        if !self.trace.has(name) {
            return Ok(());
        }
        let population = &self.run.population;
        let column = population.params().find(|(f, _)| f.name == ours).map(|(_, column)| column);
        let value = |i: usize| column.map_or(f64::NAN, |c| c.get(i % population.neurons()));
        let got: Vec<f64> = (0..self.row).map(value).collect();
        let want = self.trace.array(name)?;
        let want = broadcast(&want, &self.trace.shape(name)?, samples, shape).unwrap_or_default();
        let pair =
            Pair { name, got: &got, want: &want, shape: &self.shape[1..], neurons: self.row, bounds: &[] };
        self.done.push(pair.close(SINGLE, None, |_| false));
        Ok(())
    }

    /// A parameter that the original has drawn: one value per feature map, spread over its places as ours are.
    fn per_feature(&mut self, name: &str, shape: [usize; 3]) -> Result<()> {
        if !self.trace.has(name) {
            return Ok(());
        }
        let drawn = self.trace.array(name)?;
        let Some(want) = broadcast(&drawn, &self.trace.shape(name)?, 1, shape) else {
            self.disagree(name);
            return Ok(());
        };
        let map = shape[1] * shape[2];
        let got: Vec<f64> = (0..want.len()).map(|i| want[i / map * map]).collect();
        let pair = Pair { name, got: &got, want: &want, shape: &shape, neurons: want.len(), bounds: &[] };
        self.done.push(pair.exact(|_| false));
        Ok(())
    }

    /// An array of a shape that is none of a run's.
    fn disagree(&mut self, name: &str) {
        let (name, worst) = (name.to_string(), f64::INFINITY);
        self.done.push(Comparison { name, worst, at: Vec::new(), agrees: false });
    }
}
