#!/usr/bin/env bash
# Spyx 1.0.0: `spyx.nn.run` gives [time, sample, class], but losses and accuracies of `spyx.fn` sum over axis 1 unless told otherwise.
# With as many steps as samples nothing is said: a network that names every class right gets an accuracy of 0.4.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check 'spyx==1.0.0' 'jax==0.10.2' 'flax==0.12.8'
cd "$work"
"$work/env/bin/python" - << 'PYTHON'
import jax.numpy as jnp
import numpy as np
import spyx.fn
import spyx.nn
from flax import nnx

steps, samples, classes = 5, 5, 3
targets = np.arange(samples) % classes
x = np.zeros((steps, samples, classes), np.float32)
x[:, np.arange(samples), targets] = 10.0  # each sample's own class alone
out, _ = spyx.nn.run(spyx.nn.LI((classes,), beta=0.9, rngs=nnx.Rngs(0)), jnp.asarray(x))
found = [float(spyx.fn.integral_accuracy(**axis)(out, jnp.asarray(targets))[0]) for axis in ({}, {"time_axis": 0})]
print("accuracy with the defaults of both, and with time_axis=0:", *(round(accuracy, 3) for accuracy in found))
assert round(found[0], 3) == 0.4 and found[1] == 1.0, "this has changed"
PYTHON
