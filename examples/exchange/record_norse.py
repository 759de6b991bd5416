"""Records a run of a Norse chain for `rheobase replay`, with its NIR export.

    pip install norse==1.1.0 nir==1.0.8
    python record_norse.py
    rheobase replay model.nir run.npz --from norse
"""

import nir
import norse.torch as norse
import numpy as np
import torch

torch.manual_seed(0)
steps, samples, inputs, hidden = 60, 4, 20, 30
each = {"tau_mem_inv": torch.full((hidden,), 100.0), "v_leak": torch.zeros(hidden), "v_th": torch.full((hidden,), 0.3)}
cell = norse.LIFBoxCell(p=norse.LIFBoxParameters(**each, v_reset=torch.zeros(hidden)))
linear = torch.nn.Linear(inputs, hidden)
x = (torch.rand(steps, samples, inputs) < 0.2).float() * 4
spikes, potentials, state = [], [], None
with torch.no_grad():
    for frame in x:
        z, state = cell(linear(frame), state)
        spikes.append(z)
        potentials.append(state.v)
arrays = {"input": x, "spikes_1": torch.stack(spikes), "v_1": torch.stack(potentials)}
np.savez("run.npz", **{name: np.asarray(a) for name, a in arrays.items()})
graph = norse.to_nir(norse.SequentialState(linear, cell), torch.zeros(1, inputs))
nir.write("model.nir", graph)
print(f"run.npz: {int(arrays['spikes_1'].sum())} spikes")
