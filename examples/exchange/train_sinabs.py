"""Digits trained in Sinabs: the same spikes and the same accuracy here, and in Rockpool, which reads what is written here.

    pip install rheobase sinabs==3.1.3 rockpool==3.1.0     # they need nir 1.0.4; samna fetches itself at its first import
    python train_sinabs.py
"""

import nir
import numpy as np
import sinabs.layers as sl
import torch
from rockpool.nn.modules import from_nir

import rheobase as rb
from rheobase import exchange

torch.manual_seed(0)
(x, y), (test_x, test_y) = rb.digits()
images, labels = torch.tensor(x).flatten(1), torch.tensor(y.astype(np.int64))
tests = torch.tensor(test_x).flatten(1)
lif = dict(tau_mem=10.0, tau_syn=5.0, norm_input=False)
net = torch.nn.Sequential(torch.nn.Linear(64, 100), sl.LIF(**lif), torch.nn.Linear(100, 10), sl.LIF(**lif))


def run(frame, steps=15):
    # Sinabs runs on [sample, step, …].
    for layer in (net[1], net[3]):
        layer.reset_states()
    hidden = net[:2](frame.unsqueeze(1).expand(-1, steps, -1))
    return hidden.transpose(0, 1), net[2:](hidden).transpose(0, 1)


def accuracy(spikes):
    return f"{(np.asarray(spikes).sum(0).argmax(-1) == test_y).mean():.2%}"


optimiser = torch.optim.Adam(net.parameters(), 2e-3)
for _ in range(15):
    for rows in torch.randperm(len(images)).split(64):
        loss = torch.nn.functional.cross_entropy(run(images[rows])[1].sum(0), labels[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
with torch.no_grad():
    hidden, out = run(tests)
given = tests.expand(15, *tests.shape)
np.savez("run.npz", input=given, spikes_1=hidden, spikes_3=out)
print(f"Sinabs:   {accuracy(out)}, {int(hidden.sum() + out.sum())} spikes")

model = exchange.from_torch(net, input=(64,))
found = model.replay("run.npz")
print(f"rheobase: {accuracy(model.run(given))}, {sum(layer['differ'] for layer in found['layers'])} spikes differ")

print(model.write("digits.nir", framework="rockpool"))
with torch.no_grad():
    there = from_nir(nir.read("digits.nir"))(given.transpose(0, 1))[0].transpose(0, 1)
print(f"Rockpool: {accuracy(there)}, {int((there != out).sum())} numbers of spikes of the last layer differ")
