//! Options of commands that draw a raster: how its rows stand, and what is below them.

use clap::{Args, ValueEnum};
use rheobase::draw::Order;
use rheobase::show::Rows;

use crate::failure::{Failure, Outcome};

/// Order and groups of rows, and the rate below.
#[derive(Debug, Args, Clone, Default)]
#[command(next_help_heading = "Rasters")]
pub(crate) struct RasterRows {
    /// Order of a raster's rows, within each group
    #[arg(long, value_name = "BY", default_value = "number")]
    sort: By,
    /// Groups of a raster's rows: the first neuron of each, such as exc=0,inh=800
    #[arg(long, value_name = "NAME=FIRST,…", value_delimiter = ',', value_parser = group)]
    group: Vec<(String, String)>,
    /// Draw the population's rate below a raster, or that of each group [default: where there are more than 1000 rows]
    #[arg(long, alias = "rate")]
    with_rate: bool,
}

/// [`Order`] on the command line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum By {
    /// As they are numbered
    #[default]
    Number,
    /// The slowest first
    Rate,
    /// Whose first spike comes first; silent ones last
    First,
}

impl RasterRows {
    /// Whether rows are to stand in another order than that of their numbers.
    pub(crate) fn sorted(&self) -> bool {
        self.sort != By::Number
    }
    /// Whether there are to be groups.
    pub(crate) fn grouped(&self) -> bool {
        !self.group.is_empty()
    }
    /// Whether the rate is asked for.
    pub(crate) fn with_rate(&self) -> bool {
        self.with_rate
    }

    /// The rows, of neurons whose number `number` finds.
    pub(crate) fn rows(&self, number: impl Fn(&str) -> Outcome<usize>) -> Outcome<Rows> {
        let order = match self.sort {
            By::Number => Order::Number,
            By::Rate => Order::Rate,
            By::First => Order::First,
        };
        let first = |(name, first): &(String, String)| {
            let neuron = u32::try_from(number(first)?);
            Ok((
                name.clone(),
                neuron.map_err(|_| Failure::bad(format!("--group {name}={first}: is too large")))?,
            ))
        };
        let groups = self.group.iter().map(first).collect::<Outcome<_>>()?;
        Ok(Rows { order, groups, rate: self.with_rate.then_some(true) })
    }
}

/// `NAME=FIRST`.
fn group(text: &str) -> Result<(String, String), String> {
    let both = text.split_once('=').map(|(name, first)| (name.trim().to_string(), first.trim().to_string()));
    both.ok_or_else(|| format!("`{text}` is not NAME=FIRST, a name and its first neuron"))
}
