"""Records a run of an snnTorch chain for `rheobase replay`, with its NIR export and its checkpoint.

    pip install snntorch==1.0.0 nir==1.0.8 nirtorch==2.6
    python record_snntorch.py
    rheobase replay model.nir run.npz --from snntorch
"""

import numpy as np
import snntorch
import torch
from snntorch.export_nir import export_to_nir
import nir

torch.manual_seed(0)
steps, samples, inputs, hidden, outputs = 60, 4, 20, 30, 10


def leaky(size: int, beta: float) -> snntorch.Leaky:
    # The exporter needs one number for each neuron.
    return snntorch.Leaky(beta=torch.full((size,), beta), threshold=torch.ones(size), init_hidden=True)


net = torch.nn.Sequential(
    torch.nn.Linear(inputs, hidden), leaky(hidden, 0.9), torch.nn.Linear(hidden, outputs), leaky(outputs, 0.8)
)
x = (torch.rand(steps, samples, inputs) < 0.2).float() * 2
recorded = {"input": x, "spikes_1": [], "v_1": [], "spikes_3": [], "v_3": []}
with torch.no_grad():
    for frame in x:
        signal = frame
        for name, layer in net.named_children():
            signal = layer(signal)
            if isinstance(layer, snntorch.Leaky):
                recorded[f"spikes_{name}"].append(signal)
                recorded[f"v_{name}"].append(layer.mem)
arrays = {name: np.asarray(v if torch.is_tensor(v) else torch.stack(v)) for name, v in recorded.items()}
np.savez("run.npz", **arrays, output=arrays["spikes_3"])
torch.save(net.state_dict(), "trained.pt")
nir.write("model.nir", export_to_nir(net, torch.zeros(inputs)))
print(f"run.npz: {int(arrays['spikes_1'].sum())} and {int(arrays['spikes_3'].sum())} spikes")
