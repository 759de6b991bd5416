//! The command `rheobase`: train networks; look up, simulate, plot and verify spiking neuron models.

mod analyse;
mod arguments;
mod convert;
mod curve;
mod exchange;
mod failure;
mod inspect;
mod interrupt;
mod memory;
mod models;
mod phase;
mod plot;
mod replay;
mod simulate;
mod terminal;
mod text;
mod train;
mod verify;

use std::ffi::OsString;

use clap::{Parser, Subcommand};

const FIRST_STEPS: &str = "Rheobase simulates and trains spiking neurons: the same bits on every machine.

Try first:
  rheobase train                                   a network learns to read handwritten digits
  rheobase models                                  all neuron models
  rheobase models lif                              one model: parameters, equations, source
  rheobase simulate lif --plot lif.svg             a second of one neuron, drawn
  rheobase simulate lif --neurons 100 --input noise:1.1,2 -o spikes.npz
  rheobase analyse spikes.npz                      rates, intervals, synchrony of what was saved
  rheobase plot raster spikes.npz -o raster.png    the same, drawn
  rheobase curve lif --plot curve.svg              firing rate over input current
  rheobase phase adex --plot adex.svg              fixed points and phase plane of its equations
  rheobase verify conformance/traces               compare with published libraries

`rheobase help COMMAND` explains a command with more examples.
";

/// Simulate and train spiking neurons: the same bits on every machine.
#[derive(Parser)]
#[command(name = "rheobase", version, max_term_width = 100)]
struct Command {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Subcommand)]
enum Action {
    Train(train::Train),
    Eval(train::eval::Eval),
    Predict(train::predict::Predict),
    Inspect(inspect::Inspect),
    Models(models::Models),
    Simulate(simulate::Simulate),
    Curve(curve::Curve),
    Analyse(analyse::Analyse),
    Plot(plot::Plot),
    Report(analyse::report::Report),
    Phase(phase::Phase),
    Verify(verify::Verify),
    Convert(convert::Convert),
    Replay(replay::Replay),
}

/// Runs the command with these arguments, the first of which is its name, and gives back its exit code. Signals are
/// handled as the command needs it: whoever calls this has no use for them meanwhile.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let action = match Command::try_parse_from(arguments) {
        Ok(command) => command.action,
        // Help and version come this way, too. What cannot be printed has nobody to read it.
        Err(e) => {
            let _ = e.print();
            return e.exit_code().try_into().unwrap_or(2);
        }
    };
    let done = match rheobase::threads::check_environment() {
        Ok(()) => act(action),
        Err(e) => Err(e.into()),
    };
    match done {
        Ok(()) => 0,
        Err(failure) => {
            if let Some(message) = failure.message() {
                terminal::warn(&format!("error: {message}"));
            }
            failure.exit_code()
        }
    }
}

fn act(action: Option<Action>) -> failure::Outcome<()> {
    match action {
        None => terminal::print(FIRST_STEPS),
        Some(Action::Train(command)) => command.run(),
        Some(Action::Eval(command)) => command.run(),
        Some(Action::Predict(command)) => command.run(),
        Some(Action::Inspect(command)) => command.run(),
        Some(Action::Models(command)) => command.run(),
        Some(Action::Simulate(command)) => command.run(),
        Some(Action::Curve(command)) => command.run(),
        Some(Action::Analyse(command)) => command.run(),
        Some(Action::Plot(command)) => command.run(),
        Some(Action::Report(command)) => command.run(),
        Some(Action::Phase(command)) => command.run(),
        Some(Action::Verify(command)) => command.run(),
        Some(Action::Convert(command)) => command.run(),
        Some(Action::Replay(command)) => command.run(),
    }
}
