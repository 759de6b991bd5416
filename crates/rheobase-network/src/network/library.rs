//! `Library`: what the names of models and operators in a network stand for.

use super::Operators;
use rheobase_sim::population::Catalog;

/// The models and operators that a network's description can name: those that come with Rheobase, and one's own.
///
/// A file holds names, so whoever reads a network of one's own models back needs the same library.
#[derive(Clone)]
pub struct Library {
    /// Models of layers.
    pub catalog: Catalog,
    /// Operators of custom nodes.
    pub operators: Operators,
}

impl Default for Library {
    /// The standard catalogue, and no operators of one's own.
    fn default() -> Self {
        Library { catalog: Catalog::standard().clone(), operators: Operators::default() }
    }
}
