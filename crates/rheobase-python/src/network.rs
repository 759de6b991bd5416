//! Networks: descriptions from parts, from TOML and back.

use std::path::PathBuf;

use pyo3::prelude::*;
use rheobase::network::{
    Inputs, Layer, Layers, List, Network as Described, Part, Sequential, Source, Stack, Sum, from, outline,
};
use rheobase::{Error, Result};

use crate::error::{PART, Raise, TEXT, raise};

/// The description of a network, which Python wraps in a class of its own.
#[pyclass(module = "rheobase._native", frozen)]
pub(crate) struct Network(pub(crate) Described);

/// A part of a network: a kind of node as TOML, or a network.
#[derive(FromPyObject)]
enum What<'py> {
    Kind(String),
    Inner(PyRef<'py, Network>),
}

/// A part and its name, if it was given one.
type Named<'py> = (Option<String>, What<'py>);

/// A layer: its name, its inputs with their delays, how they are combined, its parts.
type LayerArgument<'py> = (String, Vec<(String, usize)>, String, Vec<Named<'py>>);

/// Name, kind, shape and number of learned values of a node.
type Row = (String, String, Vec<usize>, usize);

fn part((name, what): &Named<'_>) -> Result<Part> {
    let part = match what {
        What::Inner(inner) => rheobase::network::network(inner.0.clone()),
        What::Kind(kind) => {
            let mut one = Described::from_toml(&format!("node = [{{ name = \"part\", {kind} }}]"), PART)?;
            match one.nodes.pop() {
                Some(node) => Part::from(node.kind),
                None => return Err(Error::unsupported(PART, "is none")),
            }
        }
    };
    Ok(match name {
        Some(name) => part.named(name),
        None => part,
    })
}

fn parts(given: &[Named<'_>]) -> Result<Vec<Part>> {
    given.iter().map(part).collect()
}

fn source((name, delay): &(String, usize)) -> Source {
    if *delay == 0 { from(name) } else { from(name).delay(*delay) }
}

fn inputs(sources: &[(String, usize)], combine: &str) -> Result<Inputs> {
    let sources = sources.iter().map(source);
    Ok(match combine {
        "sum" => Sum(sources),
        "stack" => Stack(sources),
        "list" => List(sources),
        _ => return Err(Error::unknown("layer", "way to combine", combine, ["sum", "stack", "list"])),
    })
}

#[pymethods]
impl Network {
    /// A chain of parts.
    #[staticmethod]
    fn chain(given: Vec<Named<'_>>, input: Vec<usize>, dt: f64) -> PyResult<Self> {
        let built = parts(&given).and_then(|parts| Sequential::new(parts).dt(dt).input(&input));
        Ok(Network(built.raised()?))
    }

    /// Layers by name.
    #[staticmethod]
    fn layers(given: Vec<LayerArgument<'_>>, input: Vec<usize>, dt: f64, output: &str) -> PyResult<Self> {
        let layers = given
            .iter()
            .map(|(name, sources, combine, of)| Ok(Layer::new(name, inputs(sources, combine)?, parts(of)?)));
        let built = layers
            .collect::<Result<Vec<_>>>()
            .and_then(|layers| Layers::new(layers).dt(dt).output(output).input(&input));
        Ok(Network(built.raised()?))
    }

    #[staticmethod]
    fn from_toml(text: &str) -> PyResult<Self> {
        Ok(Network(Described::from_toml(text, TEXT).raised()?))
    }

    #[staticmethod]
    fn read(path: PathBuf) -> PyResult<Self> {
        Ok(Network(Described::read(path).raised()?))
    }

    fn to_toml(&self) -> PyResult<String> {
        self.0.to_toml().raised()
    }

    fn write(&self, path: PathBuf) -> PyResult<()> {
        self.0.write(path).raised()
    }

    #[getter]
    fn input(&self) -> Vec<usize> {
        self.0.input.clone()
    }
    #[getter]
    fn dt(&self) -> f64 {
        self.0.dt
    }
    #[getter]
    fn nodes(&self) -> Vec<String> {
        self.0.nodes.iter().map(|n| n.name.clone()).collect()
    }

    /// Name, kind, shape and number of learned values of each node, in order: everything is checked for it.
    fn table(&self) -> PyResult<Vec<Row>> {
        if self.0.input.is_empty() {
            return Err(raise(Error::unsupported(
                "network",
                "has no input shape yet; give input=, or fit it to samples",
            )));
        }
        let table = outline(&self.0).raised()?;
        Ok(table.nodes.into_iter().map(|n| (n.name, n.what, n.shape, n.parameters)).collect())
    }

    fn same(&self, other: &Network) -> bool {
        self.0 == other.0
    }
}
