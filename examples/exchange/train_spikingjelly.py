"""Digits trained in SpikingJelly: the same spikes and the same accuracy here, and in snnTorch, which reads what is written here.

    pip install rheobase spikingjelly==2.0.0 snntorch==1.0.0 nir==1.0.8 nirtorch==2.6
    python train_spikingjelly.py
"""

import nir
import numpy as np
import torch
from snntorch.import_nir import import_from_nir
from spikingjelly.activation_based import functional, neuron

import rheobase as rb
from rheobase import exchange

torch.manual_seed(0)
(x, y), (test_x, test_y) = rb.digits()
images, labels = torch.tensor(x), torch.tensor(y.astype(np.int64))
tests = torch.tensor(test_x)
net = torch.nn.Sequential(
    torch.nn.Conv2d(1, 8, 3, padding=1, bias=False),
    torch.nn.BatchNorm2d(8),
    neuron.LIFNode(tau=2.0),
    torch.nn.AvgPool2d(2),
    torch.nn.Flatten(),
    torch.nn.Linear(128, 10),
    neuron.LIFNode(tau=2.0),
)


def run(frame, steps=10):
    functional.reset_net(net)
    hidden, out = [], []
    for _ in range(steps):
        hidden.append(net[:3](frame))
        out.append(net[3:](hidden[-1]))
    return torch.stack(hidden), torch.stack(out)


def accuracy(spikes):
    return f"{(np.asarray(spikes).sum(0).argmax(-1) == test_y).mean():.2%}"


optimiser = torch.optim.Adam(net.parameters(), 1e-2)
for _ in range(12):
    for rows in torch.randperm(len(images)).split(64):
        loss = torch.nn.functional.cross_entropy(run(images[rows])[1].sum(0), labels[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
net.eval()
with torch.no_grad():
    hidden, out = run(tests)
given = tests.expand(10, *tests.shape)
np.savez("run.npz", input=given, spikes_2=hidden, spikes_6=out)
print(f"SpikingJelly: {accuracy(out)}, {int(hidden.sum() + out.sum())} spikes")

model = exchange.from_torch(net, input=(1, 8, 8))
found = model.replay("run.npz")
print(f"rheobase:     {accuracy(model.run(given))}, {sum(layer['differ'] for layer in found['layers'])} spikes differ")

print(model.write("digits.nir", framework="snntorch"))
there, state, spikes = import_from_nir(nir.read("digits.nir")), None, []
with torch.no_grad():
    for _ in range(10):
        z, state = there(tests, state)
        spikes.append(z)
print(f"snnTorch:     {accuracy(torch.stack(spikes))}, {int((torch.stack(spikes) != out).sum())} spikes of the last layer differ")
