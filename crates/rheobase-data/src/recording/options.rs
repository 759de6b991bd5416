//! What a reader is told that a file does not say.

use std::str::FromStr;

use super::unit::Unit;

/// What a file does not say of itself. Nothing in it is needed where a file says enough.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrainOptions {
    /// Length of a step, s, where the file has none. Without it such a file is refused, unless `unit` says [`Unit::Steps`]:
    /// then times are counted in steps.
    pub dt: Option<f64>,
    /// Which of several: an array of an npz or a MATLAB file, a population of SONATA, a block of a NIX file. Without it, the
    /// one that is usual, or the only one.
    pub array: Option<String>,
    /// Number of neurons, where spikes are numbered from 0 and the silent ones are not named.
    pub neurons: Option<usize>,
    /// What the numbers are.
    pub holds: Option<Holds>,
    /// What times are counted in.
    pub unit: Option<Unit>,
    /// What columns or arrays are: with a name, or else in their order.
    pub columns: Vec<(Option<String>, Role)>,
    /// The axis of time in a dense array: 0 where its rows are steps, 1 where its columns are.
    pub time_axis: Option<usize>,
    /// When the recording began, s (or steps), where the file does not say: one for all trials, or one for each.
    pub start: Vec<f64>,
    /// When the recording ended, likewise.
    pub stop: Vec<f64>,
    /// Only the neurons that a sorter or a person judged so (`good`, `mua`, `noise`, `unsorted`): of folders of Phy, and of the
    /// units of NWB. Without it, all.
    pub verdicts: Vec<String>,
    /// What pixels of a camera become.
    pub pixels: Pixels,
}

/// What the numbers in a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// An entry per spike: a column of times, one of neurons.
    Events,
    /// A value per step and neuron: 0, or one height that is a spike's, or multiples of it.
    Dense,
    /// The number of spikes per step and neuron.
    Counts,
    /// Samples of a quantity: no spikes.
    Potentials,
    /// Times, a train for each array, cell, row or line.
    Trains,
    /// Times, a train for each column.
    TrainsInColumns,
}

impl Holds {
    /// All, with their names as options.
    pub const ALL: [(&str, Holds); 6] = [
        ("events", Holds::Events),
        ("dense", Holds::Dense),
        ("counts", Holds::Counts),
        ("potentials", Holds::Potentials),
        ("trains", Holds::Trains),
        ("trains-in-columns", Holds::TrainsInColumns),
    ];
}

impl FromStr for Holds {
    type Err = String;

    fn from_str(text: &str) -> Result<Holds, String> {
        let found = Holds::ALL.iter().find(|(name, _)| *name == text);
        let names = Holds::ALL.map(|(name, _)| name).join(", ");
        found.map(|(_, holds)| *holds).ok_or_else(|| format!("`{text}` is none of {names}"))
    }
}

/// What a column or an array with an entry per spike says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Who fired: a number or a name.
    Neuron,
    /// When.
    Time,
    /// In which trial, each with a clock of its own.
    Trial,
    /// What the spike carried, or how many there were.
    Value,
    /// What is added to the time; NEST's `time_offset` is taken off.
    Offset,
    /// To which population the neuron belongs.
    Population,
    /// The column of a camera's pixel.
    X,
    /// The row of a camera's pixel.
    Y,
    /// Whether a camera's pixel became brighter (1) or darker (0 or −1).
    Polarity,
    /// Nothing that matters here.
    Skip,
}

impl Role {
    const ALL: [(&str, Role); 10] = [
        ("neuron", Role::Neuron),
        ("time", Role::Time),
        ("trial", Role::Trial),
        ("value", Role::Value),
        ("offset", Role::Offset),
        ("population", Role::Population),
        ("x", Role::X),
        ("y", Role::Y),
        ("polarity", Role::Polarity),
        ("skip", Role::Skip),
    ];

    pub(super) fn text(self) -> &'static str {
        Role::ALL.iter().find(|(_, r)| *r == self).map_or("", |(name, _)| name)
    }
}

/// Columns as text: `neuron=sender,time=time_ms`, or in order: `neuron,time`.
///
/// # Errors
/// What is wrong, if a role is unknown or given twice, or a name is empty.
pub fn parse_columns(text: &str) -> Result<Vec<(Option<String>, Role)>, String> {
    let mut columns: Vec<(Option<String>, Role)> = Vec::new();
    for part in text.split(',').map(str::trim) {
        let (role, name) = part.split_once('=').map_or((part, None), |(r, n)| (r.trim(), Some(n.trim())));
        let known = Role::ALL.iter().find(|(n, _)| *n == role).map(|(_, r)| *r);
        let names = Role::ALL.map(|(name, _)| name).join(", ");
        let role = known.ok_or_else(|| {
            format!("`{part}`: what a column is must be one of {names}, such as neuron=sender,time=time_ms")
        })?;
        if name.is_some_and(str::is_empty) {
            return Err(format!("`{part}` names no column"));
        }
        if role != Role::Skip && columns.iter().any(|(_, r)| *r == role) {
            return Err(format!("`{text}` says `{}` twice", role.text()));
        }
        columns.push((name.map(String::from), role));
    }
    Ok(columns)
}

/// What pixels of a camera become: neurons, each with its place in its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pixels {
    /// Whether brighter and darker are told apart.
    pub polarity: Polarity,
    /// So many pixels in a row and in a column become one neuron, at least 1.
    pub pool: u16,
    /// First column and row, width and height of what is read; without it, all.
    pub crop: Option<[u16; 4]>,
}

impl Default for Pixels {
    fn default() -> Self {
        Pixels { polarity: Polarity::Split, pool: 1, crop: None }
    }
}

/// What becomes of the polarity of a camera's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Polarity {
    /// A neuron for each polarity: `x,y,p`.
    #[default]
    Split,
    /// One neuron, whatever the polarity: `x,y`.
    Merge,
    /// One neuron whose spikes carry 1 or −1.
    Keep,
}

impl FromStr for Polarity {
    type Err = String;

    fn from_str(text: &str) -> Result<Polarity, String> {
        match text {
            "split" => Ok(Polarity::Split),
            "merge" => Ok(Polarity::Merge),
            "keep" => Ok(Polarity::Keep),
            _ => Err(format!("`{text}` is none of split, merge, keep")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_read_by_name_and_in_order() {
        let named = parse_columns("neuron=sender, time=time_ms").unwrap();
        assert_eq!(named, [(Some("sender".into()), Role::Neuron), (Some("time_ms".into()), Role::Time)]);
        assert_eq!(parse_columns("skip,time").unwrap(), [(None, Role::Skip), (None, Role::Time)]);
        for (bad, part) in
            [("who=a", "one of"), ("time=", "no column"), ("time,time", "twice"), ("", "one of")]
        {
            assert!(parse_columns(bad).unwrap_err().contains(part), "{bad}");
        }
    }
}
