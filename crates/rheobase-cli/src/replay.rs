//! `rheobase replay`: recorded input through a model of another framework, spikes compared step by step.

use std::path::PathBuf;

use clap::Args;
use rheobase::exchange::{Difference, replay};
use serde_json::json;

use crate::exchange::{From, own_model, report_text};
use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::terminal;
use crate::text::Table;

/// Run recorded input through a model and compare its spikes, step by step
#[derive(Args)]
#[command(
    after_help = "MODEL is what `rheobase convert` reads. RUN.npz holds `input` [step, sample, …] and, for each layer of neurons, \
`spikes_LAYER` of the same first axes: what the framework computed itself; `v_LAYER` is shown beside ours where a spike differs.
Layers are paired by name, else by their order. examples/exchange has a script for each framework that records one.

Exit code: 0 if all spikes are equal, 1 if one differs, 2 if the files cannot be used.

Examples:
  rheobase replay model.nir run.npz --from snntorch --with reset_mechanism=subtract
  rheobase replay net.json run.npz --weights trained.pt
  rheobase replay model.nir run.npz --json"
)]
pub(crate) struct Replay {
    /// The model
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// What the framework recorded
    #[arg(value_name = "RUN.npz")]
    run: PathBuf,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    format: Format,
}

impl Replay {
    pub(crate) fn run(self) -> Outcome<()> {
        let reading = self.from.reading(&self.model)?;
        let model = match &reading {
            Some(reading) => reading.model()?,
            None => &own_model(&self.model)?,
        };
        let found = replay(model, &self.run)?;
        let report = reading.as_ref().map(|r| &r.report);
        let all = json!({ "equal": found.equal(), "replay": found, "report": report });
        self.format.print_part(
            &all,
            |all| all["replay"]["layers"].clone(),
            || {
                let mut table = Table::new(&["LAYER", "SPIKES", "DIFFER"]);
                for layer in &found.layers {
                    table.row([layer.layer.clone(), layer.spikes.to_string(), layer.differ.to_string()]);
                }
                let mut text =
                    report.map_or(String::new(), report_text) + "\n" + &table.render(terminal::width());
                text += &format!("\n{} steps, {} samples: ", found.steps, found.samples);
                text += &match found.first() {
                    None => "all spikes are equal".to_string(),
                    Some((layer, first)) => differs(layer, first),
                };
                if let Some(off) = found.output {
                    text += &format!("; the output is off by {off:.1e} at most");
                }
                text + "\n"
            },
        )?;
        if found.equal() { Ok(()) } else { Err(Failure::Disagrees) }
    }
}

/// The first difference in words.
fn differs(layer: &str, d: &Difference) -> String {
    let shown = |x: Option<f64>| x.map_or("unknown".into(), |x| format!("{x:.7}"));
    let mut text = format!(
        "first difference at step {}, layer {layer}, sample {}, neuron {}: theirs sends {}, ours {}\n  potential after the step \
         there {}, here before the reset {}, margin {}",
        d.step,
        d.sample,
        d.neuron,
        d.theirs,
        d.ours,
        shown(d.their_potential),
        shown(d.potential),
        d.margin.map_or("unknown".into(), |m| format!("{m:.1e}")),
    );
    if d.rounding {
        text += "\n  the margin is within rounding of the potential: the order of sums alone explains it";
    }
    text
}
