//! `Operators`: operators of the user's, by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::network::describe;
use crate::network::operator::Operator;
use rheobase_base::{Error, Result};

/// Makes an operator of the user's from its settings and the shapes of its inputs, with the shape of its output.
type Maker =
    dyn Fn(&BTreeMap<String, f64>, &[Vec<usize>]) -> Result<(Box<dyn Operator>, Vec<usize>)> + Send + Sync;

/// Operators of the user's, by name.
#[derive(Clone, Default)]
pub struct Operators {
    makers: BTreeMap<String, Arc<Maker>>,
}

impl Operators {
    /// These and one more.
    pub fn with(
        mut self,
        name: &str,
        make: impl Fn(&BTreeMap<String, f64>, &[Vec<usize>]) -> Result<(Box<dyn Operator>, Vec<usize>)>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.makers.insert(name.to_string(), Arc::new(make));
        self
    }
}

/// The operator that a node names, and the shape of its output.
pub(super) fn custom(
    operators: &Operators,
    place: &str,
    custom: &describe::Custom,
    inputs: &[Vec<usize>],
) -> Result<(Box<dyn Operator>, Vec<usize>)> {
    let makers = &operators.makers;
    let maker = makers.get(&custom.operator).ok_or_else(|| {
        Error::unknown(place, "operator", &custom.operator, makers.keys().map(String::as_str))
    })?;
    maker(&custom.settings, inputs)
}
