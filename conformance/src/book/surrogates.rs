//! The page of surrogates, from their table.

use rheobase::models::surrogate::SURROGATES;

use super::markdown::{Cells, meaning, plain, reference, table};

/// The page.
pub(super) fn page() -> String {
    let row = |s: &rheobase::models::surrogate::SurrogateInfo| -> Cells {
        let parameters: Vec<String> =
            s.parameters.iter().map(|f| format!("`{}` = {}: {}", f.name, f.default, meaning(f))).collect();
        vec![
            format!("`{}`", s.name),
            plain(s.slope),
            plain(s.primitive),
            parameters.join("; "),
            reference(s.source),
        ]
    };
    let head = ["name", "slope", "primitive", "parameters (all > 0), defaults", "source"];
    format!(
        "# Surrogates\n\nThe slope stands in for the derivative of a spike wherever a gradient passes through one; the \
         primitive is its integral, which gradient checks run on. z is the distance to threshold, unless the model says \
         otherwise. A surrogate is a setting of a population, not of a model; each model knows the one of its source.\n\n{}",
        table(&head, SURROGATES.iter().map(row).collect())
    )
}
