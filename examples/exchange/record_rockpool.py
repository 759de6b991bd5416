"""Records a run of a Rockpool chain for `rheobase replay`, with its NIR export.

    pip install rockpool==3.1.0 torch nir==1.0.4 nirtorch==2.0.2
    python record_rockpool.py
    rheobase replay model.nir run.npz --from rockpool
"""

import nir
import numpy as np
import torch
from rockpool.nn.combinators import Sequential
from rockpool.nn.modules import LIFTorch, LinearTorch, to_nir

torch.manual_seed(0)
steps, samples, inputs, hidden = 60, 4, 20, 30
net = Sequential(LinearTorch((inputs, hidden)), LIFTorch((hidden, hidden), dt=1e-3))
x = (torch.rand(samples, steps, inputs) < 0.2).float() * 4
with torch.no_grad():
    spikes, _, record = net(x, record=True)
potentials = record["1_LIFTorch"]["vmem"]
# Rockpool runs on [sample, step, …].
turned = {"input": x, "spikes_1_LIFTorch": spikes, "v_1_LIFTorch": potentials}
np.savez("run.npz", **{name: np.asarray(a.detach().transpose(0, 1)) for name, a in turned.items()})
nir.write("model.nir", to_nir(net, torch.zeros(1, 1, inputs)))
print(f"run.npz: {int(spikes.sum())} spikes")
