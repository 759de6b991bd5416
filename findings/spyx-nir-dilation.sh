#!/usr/bin/env bash
# Spyx 1.0.0: its NIR export writes a convolution with gaps in its kernel as one without, and says nothing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check 'spyx==1.0.0' 'nir==1.0.8' 'jax==0.10.2' 'flax==0.12.8'
cd "$work"
"$work/env/bin/python" - << 'PYTHON'
import nir
import numpy as np
from flax import nnx
from spyx.nir import from_nir, to_nir

# A kernel of 3 by 3 with gaps: it sees every second pixel of 5 by 5.
conv = nnx.Conv(1, 1, (3, 3), kernel_dilation=2, padding="SAME", use_bias=False, rngs=nnx.Rngs(0))
conv.kernel[...] = np.ones((3, 3, 1, 1), np.float32)
size = {"input": np.array([1, 9, 9])}, {"output": np.array([1, 9, 9])}
graph = to_nir(nnx.Sequential(conv), *size)
node = next(n for n in graph.nodes.values() if isinstance(n, nir.Conv2d))
print("kernel_dilation of the layer:", conv.kernel_dilation)
print("dilation in the graph:      ", node.dilation)

image = np.zeros((1, 9, 9, 1), np.float32)
image[0, 4, 4, 0] = 1.0
seen = [np.argwhere(np.asarray(conv(image))[0, :, :, 0])]
model, out = from_nir(graph, image[None])
seen.append(np.argwhere(np.asarray(out)[0, 0, :, :, 0]))
print("rows that see the pixel in the middle, before and after:", *[sorted(set(s[:, 0].tolist())) for s in seen])
assert conv.kernel_dilation == 2 and list(np.ravel(node.dilation)) == [1, 1], "this has changed"
PYTHON
