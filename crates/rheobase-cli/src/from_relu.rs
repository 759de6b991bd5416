//! `rheobase from-relu`: a trained network of ReLU becomes a network of rates, to be run as spikes.

use std::path::PathBuf;

use clap::Args;
use rheobase::learn::{ReluNetwork, Trained, Weights};
use rheobase::network::table;
use serde_json::json;

use crate::failure::Outcome;
use crate::format::Format;
use crate::terminal;
use crate::text::Table;
use crate::train::run_folder::{CHECKPOINT, CONFIG, RunFolder};

/// Make a trained network of ReLU one that can spike
#[derive(Args)]
#[command(
    after_help = "NET.toml names the layers in order: linear, conv, batch_norm (folded), relu, pool, flatten, dropout, softmax \
(left out). WEIGHTS is a .safetensors or .npz file; layout = \"torch\" or \"keras\" in NET.toml says how they stand in it.
The folder is then one of a run: eval, predict and inspect take it.

Examples:
  rheobase from-relu net.toml weights.npz -o runs/relu
  rheobase eval runs/relu --as spikes --percentile 99.9 --rate 200"
)]
pub(crate) struct FromRelu {
    /// Description of the network
    #[arg(value_name = "NET.toml")]
    network: PathBuf,
    /// Its weights: .safetensors or .npz
    #[arg(value_name = "WEIGHTS")]
    weights: PathBuf,
    /// Folder to write
    #[arg(short, long, value_name = "DIR", alias = "out")]
    output: PathBuf,
    /// Replace what is in the folder
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    format: Format,
}

impl FromRelu {
    pub(crate) fn run(self) -> Outcome<()> {
        let network = ReluNetwork::read(&self.network)?;
        let checkpoint = network.converted(&Weights::read(&self.weights)?)?;
        let mut folder = RunFolder::new(self.output.clone());
        folder.own_if_run()?;
        folder.check_free(self.force)?;
        folder.start(self.force)?;
        let file = folder.file(CHECKPOINT);
        checkpoint.write(&file)?;
        let trained = Trained::read(&file, 0)?;
        trained.config().write(folder.file(CONFIG))?;
        let found = table(trained.program());
        let mut layers = Table::new(&["LAYER", "KIND", "SHAPE", "WEIGHTS"]);
        for row in &found.nodes {
            let (name, what) = (row.name.clone(), row.what.clone());
            layers.cells(vec![name, what, format!("{:?}", row.shape), row.parameters.to_string()]);
        }
        let place = self.output.display();
        let all = json!({ "folder": self.output, "network": found });
        self.format.print_part(
            &all,
            |all| all["network"]["nodes"].clone(),
            || {
                format!(
                    "{}\nwrote {place}: {CHECKPOINT}, {CONFIG}\n\nTry next:
  rheobase eval {place}                                           as rates
  rheobase eval {place} --as spikes --percentile 99.9 --rate 200    as spikes, with the loss\n",
                    layers.render(terminal::width())
                )
            },
        )
    }
}
