# Saves a network of PyTorch for `nadir audit`: the arrays of its state_dict, and the rows as it saw them.
import numpy as np
import torch

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 2))
y = np.abs(X[:, 0]) + X[:, 1] / 2

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
net = torch.nn.Sequential(torch.nn.Linear(2, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1))
inputs, targets = torch.tensor(X), torch.tensor(y)[:, None]
decay = 0.02
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, weight_decay=decay)
for _ in range(3000):
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(net(inputs), targets)
    loss.backward()
    optimizer.step()

np.savez("net.npz", **{name: value.numpy() for name, value in net.state_dict().items()})
np.savetxt("rows.csv", np.c_[X, y], delimiter=",", header="a,b,y", comments="")
with torch.no_grad():
    loss = torch.nn.functional.mse_loss(net(inputs), targets)
    print("objective", float(loss + decay / 2 * sum((p**2).sum() for p in net.parameters())), "weight_decay", decay)
