//! The page of data formats: the table of what is read, with the options that say what files do not.

use rheobase::data::FORMATS;

use super::markdown::{Cells, table};

const TOP: &str = "# Data formats\n\n\
`rheobase analyse FILE`, `rheobase plot raster FILE`, `rheobase inspect FILE`, `rheobase.read_trains(path)` in Python and \
`rheobase::data::read_recording` in Rust read the same files, told by their contents before their ending. The first line of what the \
command prints says what the numbers were taken for. A file that does not say enough is refused, with the option that decides. \
Names of neurons stay names: 101 and 103 are two neurons; silent ones are only those that the file knows of.\n\n";

const PYTHON: &str = "\n## In Python\n\n\
```python\n\
from pathlib import Path\n\
import rheobase as rb\n\
\n\
Path(\"sheet.csv\").write_text(\"neuron,time_ms\\n101,12.5\\n103,20\\n103,31\\n\")\n\
trains = rb.read_trains(\"sheet.csv\")\n\
assert trains.names == (\"101\", \"103\") and [len(train) for train in trains] == [1, 2]\n\
Path(\"bare.csv\").write_text(\"neuron,time\\n101,12\\n103,20\\n103,31\\n\")    # whole numbers of what?\n\
assert rb.read_trains(\"bare.csv\", unit=\"ms\").window == (0.0, 0.031)\n\
```\n";

const OPTIONS: &str = "\n## What a file does not say\n\n\
| command | Python | says |\n|---|---|---|\n\
| `--unit s`, `ms`, `us`, `ns`, `steps`, `samples=30000` | `unit=\"ms\"` | what times are counted in |\n\
| `--columns neuron=sender,time=time_ms`, or in order `neuron,time` | `columns={\"neuron\": \"sender\", \"time\": \"time_ms\"}` | which column or array is what: neuron, time, trial, value, offset, population, skip |\n\
| `--as events` | `holds=\"events\"` | an entry per spike |\n\
| `--as dense` | `holds=\"dense\"` | a value per step and neuron: 0, or multiples of one height |\n\
| `--as counts` | `holds=\"counts\"` | the number of spikes per step and neuron |\n\
| `--as trains` | `holds=\"trains\"` | times, a train per line, row, cell or array |\n\
| `--as trains-in-columns` | `holds=\"trains-in-columns\"` | times, a train per column |\n\
| `--as potentials` | `holds=\"potentials\"` | no spikes: refused as such |\n\
| `--dt 0.001`; `--unit steps` | `dt=0.001`; `unit=\"steps\"` | the length of a step, s; or that times are to be counted in steps |\n\
| `--time-axis 1` | `time_axis=1` | the axis of time in values per step |\n\
| `--start 0 --stop 1,1.25` | `start=0, stop=[1, 1.25]` | when the recording began and ended; one time, or one for each trial |\n\
| `FILE:NAME` | `array=\"NAME\"` | an array, population, block, stream or sample of several |\n\
| `--neurons 100` | `neurons=100` | how many there were, where they are numbered from 0 |\n\
| `--verdict good`, `good,mua` | `verdict=\"good\"`, `[\"good\", \"mua\"]` | which neurons, where a sorter or a person judged them (Phy, NWB) |\n\
| `--polarity split`, `merge`, `keep`; `--pool 2`; `--crop 0,0,64,64` | `polarity=`, `pool=`, `crop=` | what pixels of a camera become |\n\n\
Times without a unit are taken for seconds where they are broken numbers, and this is said; whole numbers are refused, and so are \
broken ones that would make a recording of hundreds of seconds with hardly a spike. A unit in the name of a column counts: `time_ms`, \
`time (ms)`, `t [s]`, `t/us`. Tables may separate by tabs, semicolons, commas or spaces, with decimal commas where these do not \
separate, with or without names. `#` begins a comment.\n\n\
The window of a recording is what the file or the caller says, else from 0 to its last spike.\n\n\
## Writing\n\n\
`SpikeTrains.write(path)` and `rheobase::data::write_trains` write, by the ending: `.csv` and `.npz`, which come back as they were \
(silent neurons, window and step too); `.nwb` (a units table with observed intervals); `.nix` (a block of Neo, a segment for each \
trial, a train by its name with its window); `.h5` (SONATA, one population `rheobase`, silent neurons left out as everywhere in SONATA). A file is written whole or not at all.\n\n\
## Times to steps\n\n\
`SpikeTrains::to_steps` (Python: `to_dense`) puts a spike into the step that holds its time; within a millionth of a step below the \
start of a step it belongs to that step, as `floor(t / dt)` alone puts many spikes one step too early. Several of a neuron in a step \
add up, are one, or are an error. What lies outside of start and stop is left out.\n\n\
## Data sets\n\n\
- npz with `inputs`/`x`/`X`/`data`/`images`, or `series`, or events; labels `labels`/`y`/`target` as numbers, as one-hot rows, or as \
names of classes; `x_train`, `y_train`, `x_test`, `y_test` as parts (`read_npz_part`).\n\
- csv and idx (MNIST family) as before.\n\
- a folder for each class with a camera's recording in each file (N-MNIST, and all camera formats above): `read_class_folders`.\n\
- SHD and SSC: `read_shd_dataset`.\n\
- sound: `read_wav` for encoders; as input of neurons, `rheobase simulate MODEL --input FILE.wav` or `Stimulus.array(read_wav(FILE).values)`, \
a neuron for each channel, steps of one sample, values from -1 to 1.\n";

/// The page.
pub(super) fn page() -> String {
    let row = |f: &rheobase::data::Format| -> Cells {
        let endings: Vec<String> = f
            .endings
            .iter()
            .map(|e| if *e == "folder" { "folder".into() } else { format!("`.{e}`") })
            .collect();
        vec![
            format!("[{}]({})", f.name, f.reference),
            endings.join(" "),
            f.told_by.into(),
            f.gives.into(),
            f.limits.into(),
        ]
    };
    let rows = FORMATS.iter().map(row).collect();
    format!(
        "{TOP}{}{OPTIONS}{PYTHON}",
        table(&["format", "files", "told by", "what is read", "limits"], rows)
    )
}
