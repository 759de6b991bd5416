"""Digits trained in Norse: the same spikes and the same accuracy here, and in SpikingJelly, which reads what is written here.

    pip install rheobase norse==1.1.0 spikingjelly==2.0.0 nir==1.0.8 nirtorch==2.6
    python train_norse.py
"""

import nir
import norse.torch as norse
import numpy as np
import torch
from spikingjelly.activation_based.nir_exchange import import_from_nir

import rheobase as rb
from rheobase import exchange

torch.manual_seed(0)
(x, y), (test_x, test_y) = rb.digits()
images, labels = torch.tensor(x).flatten(1), torch.tensor(y.astype(np.int64))
tests = torch.tensor(test_x).flatten(1)
p = norse.LIFBoxParameters(tau_mem_inv=torch.tensor(100.0), v_th=torch.tensor(0.3))
net = norse.SequentialState(torch.nn.Linear(64, 100), norse.LIFBoxCell(p), torch.nn.Linear(100, 10), norse.LIFBoxCell(p))


def run(frame, steps=20):
    first = second = None
    hidden, out = [], []
    for _ in range(steps):
        z, first = net[1](net[0](frame), first)
        hidden.append(z)
        z, second = net[3](net[2](z), second)
        out.append(z)
    return torch.stack(hidden), torch.stack(out)


def accuracy(spikes):
    return f"{(np.asarray(spikes).sum(0).argmax(-1) == test_y).mean():.2%}"


optimiser = torch.optim.Adam(net.parameters(), 5e-3)
for _ in range(15):
    for rows in torch.randperm(len(images)).split(64):
        loss = torch.nn.functional.cross_entropy(run(images[rows])[1].sum(0), labels[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
with torch.no_grad():
    hidden, out = run(tests)
given = tests.expand(20, *tests.shape)
np.savez("run.npz", input=given, spikes_1=hidden, spikes_3=out)
print(f"Norse:        {accuracy(out)}, {int(hidden.sum() + out.sum())} spikes")

model = exchange.from_torch(net, input=(64,))
found = model.replay("run.npz")
print(f"rheobase:     {accuracy(model.run(given))}, {sum(layer['differ'] for layer in found['layers'])} spikes differ")

print(model.write("digits.nir", framework="spikingjelly"))
there, state, spikes = import_from_nir(nir.read("digits.nir")), None, []
with torch.no_grad():
    for _ in range(20):
        z, state = there(tests, state)
        spikes.append(z)
print(f"SpikingJelly: {accuracy(torch.stack(spikes))}, {int((torch.stack(spikes) != out).sum())} spikes of the last layer differ")
