# Saves a network of scikit-learn for `nadir audit`: the arrays of both layers, and the rows as it saw them.
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler

X, y = load_diabetes(return_X_y=True)
X, y = StandardScaler().fit_transform(X), (y - y.mean()) / y.std()
mlp = MLPRegressor(hidden_layer_sizes=(20,), alpha=4.42, solver="lbfgs", max_iter=5000, random_state=0).fit(X, y)

np.savez("mlp.npz", coefs_0=mlp.coefs_[0], intercepts_0=mlp.intercepts_[0], coefs_1=mlp.coefs_[1], intercepts_1=mlp.intercepts_[1])
np.savetxt("rows.csv", np.c_[X, y], delimiter=",", header=",".join([f"x{j}" for j in range(X.shape[1])] + ["y"]), comments="")
print("objective", mlp.loss_, "lambda", mlp.alpha / len(X))
