//! The command `rheobase`: train networks; look up, simulate, plot and verify spiking neuron models.

mod analyse;
mod arguments;
mod compare;
mod convert;
mod curve;
mod exchange;
mod failure;
mod format;
mod from_relu;
mod inspect;
mod inspect_data;
mod interrupt;
mod memory;
mod models;
mod phase;
mod picture_options;
mod plot;
mod raster_rows;
mod replay;
mod settings;
mod shell;
mod simulate;
mod sweep;
mod terminal;
mod text;
mod to_rates;
mod train;
mod units;
mod verify;

pub use sweep::sweep;

use std::ffi::OsString;

use clap::{Parser, Subcommand};

const FIRST_STEPS: &str = "Rheobase simulates and trains spiking neurons: the same bits on every machine.

Try first:
  rheobase train                                   a network learns to read handwritten digits
  rheobase sweep --set train.batch=16,64 --seeds 3   a training for each of several settings and seeds
  rheobase compare sweeps/digits                   their results side by side
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
    /// Say no more than results and errors: no progress, notes, warnings
    #[arg(short, long, global = true)]
    quiet: bool,
    /// When words are coloured
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", alias = "colour")]
    color: terminal::Colour,
}

#[derive(Subcommand)]
enum Action {
    Train(train::Train),
    Sweep(sweep::Sweep),
    Compare(compare::Compare),
    Settings(settings::Settings),
    Eval(train::eval::Eval),
    FromRelu(from_relu::FromRelu),
    ToRates(to_rates::ToRates),
    Predict(train::predict::Predict),
    Inspect(inspect::Inspect),
    Models(models::Models),
    Simulate(simulate::Simulate),
    Curve(curve::Curve),
    #[command(alias = "analyze")]
    Analyse(analyse::Analyse),
    Plot(plot::Plot),
    Report(analyse::report::Report),
    Phase(phase::Phase),
    Verify(verify::Verify),
    Convert(convert::Convert),
    Replay(replay::Replay),
    Completions(shell::Completions),
    Man(shell::Man),
}

/// Runs the command with these arguments, the first of which is its name, and gives back its exit code. Signals are
/// handled as the command needs it: whoever calls this has no use for them meanwhile.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let action = match Command::try_parse_from(arguments) {
        Ok(command) => {
            terminal::set(command.quiet, command.color);
            command.action
        }
        // Help and version come this way, too. What cannot be printed has nobody to read it.
        Err(e) => {
            let _ = e.print();
            return e.exit_code().try_into().unwrap_or(2);
        }
    };
    terminal::start_waiting();
    let done = match rheobase::threads::check_environment() {
        Ok(()) => act(action),
        Err(e) => Err(e.into()),
    };
    terminal::stop_waiting();
    match done {
        Ok(()) => 0,
        Err(failure) => {
            if let Some(message) = failure.message() {
                terminal::error(message);
            }
            failure.exit_code()
        }
    }
}

fn act(action: Option<Action>) -> failure::Outcome<()> {
    match action {
        None => terminal::print(FIRST_STEPS),
        Some(Action::Train(command)) => command.run(),
        Some(Action::Sweep(command)) => command.run(),
        Some(Action::Compare(command)) => command.run(),
        Some(Action::Settings(command)) => command.run(),
        Some(Action::Eval(command)) => command.run(),
        Some(Action::FromRelu(command)) => command.run(),
        Some(Action::ToRates(command)) => command.run(),
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
        Some(Action::Completions(command)) => command.run(),
        Some(Action::Man(command)) => command.run(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use clap::CommandFactory;

    /// Options that mean another thing in another command: each with its commands, and why one name serves.
    const TWO_MEANINGS: [(&str, &str); 6] = [
        ("from", "where a range of times or inputs begins, or the framework that a model comes from"),
        ("to", "where a range of times or inputs ends, or the framework that a model goes to"),
        ("as", "what numbers in a file are taken as, or what a network is run as"),
        ("set", "a setting with one value, or with several in a sweep"),
        ("output", "a file, or a folder where a command writes several"),
        ("scale", "the samples' factor; an old name of --normalise in `plot`"),
    ];

    /// Commands that print no table.
    const NO_TABLE: [&str; 4] = ["plot", "report", "completions", "man"];

    #[test]
    fn every_table_is_csv_and_json_too() {
        let command = super::Command::command();
        for sub in command.get_subcommands() {
            let has = |name: &str| sub.get_arguments().any(|option| option.get_long() == Some(name));
            let prints = !NO_TABLE.contains(&sub.get_name());
            assert_eq!((has("csv"), has("json")), (prints, prints), "{}", sub.get_name());
        }
        assert!(NO_TABLE.iter().all(|name| command.find_subcommand(name).is_some()));
    }

    #[test]
    fn an_option_is_the_same_thing_in_every_command() {
        let mut command = super::Command::command();
        command.build();
        command.clone().debug_assert();
        let mut known: BTreeMap<String, (String, String, Option<char>)> = BTreeMap::new();
        let mut counted = 0;
        for sub in command.get_subcommands().filter(|s| s.get_name() != "help") {
            for option in sub.get_arguments() {
                let Some(long) = option.get_long() else { continue };
                counted += 1;
                let takes = option.get_value_names().unwrap_or_default();
                let takes = if option.get_action().takes_values() {
                    takes.iter().map(|n| n.to_string()).collect::<Vec<_>>().join(" ")
                } else {
                    "flag".into()
                };
                let found = (sub.get_name().to_string(), takes, option.get_short());
                let first = known.entry(long.to_string()).or_insert_with(|| found.clone());
                let same = first.1 == found.1 && first.2 == found.2;
                let excused = TWO_MEANINGS.iter().any(|(name, _)| *name == long);
                assert!(same || excused, "--{long}: {first:?} and {found:?}");
            }
        }
        assert!(counted > 150 && known.len() > 80, "{counted} of {}", known.len());
        // What has another name now is shown under that name alone.
        for old in ["out", "start-state", "refractoriness", "colour", "normalize"] {
            assert!(!known.contains_key(old), "--{old}");
        }
    }
}
