//! The page of surrogates, from their table.

use rheobase::models::surrogate::SURROGATES;

use super::markdown::{Cells, meaning, plain, reference, table};

/// How one is chosen in Python.
const PYTHON: &str = "
In Python a population, or a layer of a network, is told by name, with its parameters in order:

```python
import numpy as np
import rheobase as rb

assert \"arctan\" in rb.surrogates and rb.surrogates[\"arctan\"][\"slope\"]
neurons = rb.LIF().population(3, surrogate=(\"fast_sigmoid\", 10.0), detach_reset=True)
run = neurons.run(np.full((50, 3), 1.2), taped=True)
gradients = neurons.gradients(run, output=np.ones((50, 3)))
layer = rb.Neurons(rb.LIFSubtract(), surrogate=(\"arctan\", 2.0))
```
";

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
         otherwise. A surrogate is a setting of a population, not of a model; each model knows the one of its source.\n\n{}{PYTHON}",
        table(&head, SURROGATES.iter().map(row).collect())
    )
}
