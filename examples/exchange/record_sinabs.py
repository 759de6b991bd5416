"""Records a run of a Sinabs chain for `rheobase replay`, with its NIR export and its checkpoint.

    pip install sinabs==3.1.3
    python record_sinabs.py
    rheobase replay model.nir run.npz --from sinabs
"""

import nir
import numpy as np
import sinabs.layers as sl
import torch
from sinabs.nir import to_nir

torch.manual_seed(0)
steps, samples, inputs, hidden = 60, 4, 20, 30
net = torch.nn.Sequential(torch.nn.Linear(inputs, hidden), sl.LIF(tau_mem=torch.full((hidden,), 10.0), record_states=True))
x = (torch.rand(samples, steps, inputs) < 0.2).float() * 4
with torch.no_grad():
    spikes = net(x)
# Sinabs runs on [sample, step, …].
turned = {"input": x, "spikes_1": spikes, "v_1": net[1].recordings["v_mem"]}
np.savez("run.npz", **{name: np.asarray(a.detach().transpose(0, 1)) for name, a in turned.items()})
torch.save(net.state_dict(), "trained.pt")
nir.write("model.nir", to_nir(net, x))
print(f"run.npz: {int(spikes.sum())} spikes")
