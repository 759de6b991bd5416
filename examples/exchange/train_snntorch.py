"""Digits trained in snnTorch: the same spikes and the same accuracy here, and in Norse, which reads what is written here.

    pip install rheobase snntorch==1.0.0 norse==1.1.0 nir==1.0.8 nirtorch==2.6
    python train_snntorch.py
"""

import nir
import norse.torch
import numpy as np
import snntorch as snn
import torch
from snntorch import utils

import rheobase as rb
from rheobase import exchange

torch.manual_seed(0)
(x, y), (test_x, test_y) = rb.digits()
images, labels = torch.tensor(x).flatten(1), torch.tensor(y.astype(np.int64))
tests = torch.tensor(test_x).flatten(1)
leaky = dict(beta=0.9, reset_mechanism="zero", init_hidden=True)
net = torch.nn.Sequential(torch.nn.Linear(64, 100), snn.Leaky(**leaky), torch.nn.Linear(100, 10), snn.Leaky(**leaky))


def run(frame, steps=20):
    utils.reset(net)
    hidden, out = [], []
    for _ in range(steps):
        hidden.append(net[1](net[0](frame)))
        out.append(net[3](net[2](hidden[-1])))
    return torch.stack(hidden), torch.stack(out)


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
given = tests.expand(20, *tests.shape)
np.savez("run.npz", input=given, spikes_1=hidden, spikes_3=out)
print(f"snnTorch:  {accuracy(out)}, {int(hidden.sum() + out.sum())} spikes")

model = exchange.from_torch(net, input=(64,))
found = model.replay("run.npz")
print(f"rheobase:  {accuracy(model.run(given))}, {sum(layer['differ'] for layer in found['layers'])} spikes differ")

model.write("digits.nir", framework="norse")
there, state, spikes = norse.torch.from_nir(nir.read("digits.nir")), None, []
with torch.no_grad():
    for _ in range(20):
        z, state = there(tests, state)
        spikes.append(z)
print(f"Norse:     {accuracy(torch.stack(spikes))}, {int((torch.stack(spikes) != out).sum())} spikes of the last layer differ")
