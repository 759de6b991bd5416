"""Records a run of a SpikingJelly chain for `rheobase replay`, with its NIR export and its checkpoint.

    pip install spikingjelly==2.0.0 nir==1.0.8 nirtorch==2.6
    python record_spikingjelly.py
    rheobase replay model.nir run.npz --from spikingjelly
"""

import nir
import numpy as np
import torch
from spikingjelly.activation_based import neuron
from spikingjelly.activation_based.nir_exchange import export_to_nir

torch.manual_seed(0)
steps, samples, inputs, hidden = 60, 4, 20, 30
net = torch.nn.Sequential(torch.nn.Linear(inputs, hidden), neuron.LIFNode(tau=2.0, v_threshold=0.5)).eval()
x = (torch.rand(steps, samples, inputs) < 0.2).float() * 4
spikes, potentials = [], []
with torch.no_grad():
    for frame in x:
        spikes.append(net(frame))
        potentials.append(net[1].v.clone())
arrays = {"input": x, "spikes_1": torch.stack(spikes), "v_1": torch.stack(potentials)}
np.savez("run.npz", **{name: np.asarray(a) for name, a in arrays.items()})
torch.save(net.state_dict(), "trained.pt")
nir.write("model.nir", export_to_nir(net, torch.zeros(1, inputs)))
print(f"run.npz: {int(arrays['spikes_1'].sum())} spikes")
