"""Ridge regression by NumPy, SciPy and scikit-learn: `python ridge_peer.py <problem folder> <output folder>`.

The problem folder holds a.npy (n x d) and b.npy (n); task.json has `solver`, `lam` (sum form: |Ax - b|^2/2 + lam |x|^2/2), `tolerance` and `maxSeconds`. Iterative
solvers climb a ladder of tolerances; every setting is a run of its own, written as a point, until the gradient says that the error asked for is reached.
"""
import json
import os
import resource
import sys
import time
import warnings

import numpy as np

from common import clock, resident

folder, out = sys.argv[1:3]
with open(os.path.join(out, "task.json")) as file:
    task = json.load(file)
a, b = np.load(os.path.join(folder, "a.npy")), np.load(os.path.join(folder, "b.npy"))
lam, solver = task["lam"], task["solver"]
n, d = a.shape
LADDER = [1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13]


def cholesky(_):
    from scipy.linalg import cho_factor, cho_solve

    gram = a.T @ a
    gram[np.diag_indices(d)] += lam
    factor = cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    return cho_solve(factor, a.T @ b, check_finite=False), 1


def lsqr(tol):
    from scipy.sparse.linalg import lsqr

    found = lsqr(a, b, damp=np.sqrt(lam), atol=tol, btol=tol, iter_lim=20000)
    return found[0], found[2]


def lsmr(tol):
    from scipy.sparse.linalg import lsmr

    found = lsmr(a, b, damp=np.sqrt(lam), atol=tol, btol=tol, maxiter=20000)
    return found[0], found[2]


def ridge(method):
    from sklearn.linear_model import Ridge

    def run(tol):
        model = Ridge(alpha=lam, fit_intercept=False, solver=method, tol=tol, max_iter=20000 if method == "lsqr" else 100, random_state=0).fit(a, b)
        return model.coef_, int(np.max(model.n_iter_)) if model.n_iter_ is not None else 0

    return run


SOLVERS = {
    "numpy-cholesky": (cholesky, [0.0]),
    "scipy-lsqr": (lsqr, LADDER),
    "scipy-lsmr": (lsmr, LADDER),
    "sklearn-lsqr": (ridge("lsqr"), LADDER),
    "sklearn-sag": (ridge("sag"), LADDER[::2]),
}
import scipy  # noqa: E402  (imports are not counted)
import sklearn as package  # noqa: E402
import sklearn.linear_model  # noqa: E402,F401
import scipy.linalg  # noqa: E402,F401
import scipy.sparse.linalg  # noqa: E402,F401

run, ladder = SOLVERS[solver]
warnings.filterwarnings("ignore")
baseline, begun, points = resident(), time.perf_counter(), []
for k, tol in enumerate(ladder):
    with clock() as timed:
        x, steps = run(tol)
    np.save(os.path.join(out, f"x{k}.npy"), np.ascontiguousarray(x, dtype=float))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - baseline
    points.append(dict(x=f"x{k}.npy", seconds=timed.seconds, cpuSeconds=timed.cpu, iterations=int(steps), setting=f"tolerance {tol:g}" if tol else "direct", peakMemory=max(0, peak)))
    with open(os.path.join(out, "result.json"), "w") as file:
        json.dump(dict(points=points, versions=f"numpy {np.__version__}, scipy {scipy.__version__}, scikit-learn {package.__version__}"), file)
    # |g|^2/lam bounds the squared error; well below what is asked for there is nothing more to learn.
    g = a.T @ (a @ x - b) + lam * x
    if np.sqrt(g @ g / lam) <= 0.1 * task["tolerance"] * np.linalg.norm(b):
        break
    if time.perf_counter() - begun + 2 * timed.seconds > task["maxSeconds"]:
        break
