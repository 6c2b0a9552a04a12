"""The inner loops in numpy: the same sizes as bench/compute.ts, best of several repeats, as one JSON object of milliseconds.

Run with the interpreter whose numpy stands on the same OpenBLAS as ours (Debian's python3-numpy does), and with
OPENBLAS_NUM_THREADS set to the threads to be compared.
"""
import json
import sys
import time

import numpy as np

repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 7
wanted = set(sys.argv[2].split(",")) if len(sys.argv) > 2 else None
best = {}


def clock(name, work, prepare=lambda: None):
    """Milliseconds of the fastest run after one to warm up."""
    if wanted is not None and name.split(" ")[0] not in wanted:
        return
    times = []
    for _ in range(repeats + 1):
        prepared = prepare()
        start = time.perf_counter()
        work() if prepared is None else work(prepared)
        times.append(time.perf_counter() - start)
    best[name] = min(best.get(name, float("inf")), 1e3 * min(times[1:]))


rng = np.random.default_rng(0)

for n in (512, 1024, 2048):
    a, b, c = rng.standard_normal((n, n)), rng.standard_normal((n, n)), np.empty((n, n))
    clock(f"dgemm {n}", lambda: np.matmul(a, b, out=c))

for n in (500, 1000):
    g = rng.standard_normal((n, n))
    s = g @ g.T / n + np.eye(n)
    clock(f"potrf {n}", lambda: np.linalg.cholesky(s))
    clock(f"syevd {n}", lambda: np.linalg.eigh(s))
    clock(f"gesdd {n}", lambda: np.linalg.svd(g, full_matrices=False))

n, d, p = 20000, 50, 500
x, u, y = rng.standard_normal((n, d)), rng.standard_normal((p, d)), rng.standard_normal(n)
bits = x @ rng.standard_normal((d, p)) > 0
real = bits.astype(np.float64)
z, w = np.empty((n, p)), np.empty((n, p))


def natural():
    r = (real * (x @ u.T)).sum(1) - y
    return (real * r[:, None]).T @ x


def einsum():
    np.matmul(x, u.T, out=z)
    r = np.einsum("ij,ij->i", real, z) - y
    np.multiply(real, r[:, None], out=w)
    return w.T @ x


def blocked(rows):
    g = np.zeros((p, d))
    for i in range(0, n, rows):
        xi, di = x[i : i + rows], real[i : i + rows]
        zi, wi = z[: len(xi)], w[: len(xi)]
        np.matmul(xi, u.T, out=zi)
        r = np.einsum("ij,ij->i", di, zi) - y[i : i + rows]
        np.multiply(di, r[:, None], out=wi)
        g += wi.T @ xi
    return g


assert np.allclose(natural(), einsum()) and np.allclose(natural(), blocked(256))
clock("hot natural", natural)
clock("hot einsum", einsum)
for rows in (256, 512, 1024):
    clock("hot blocked", lambda: blocked(rows))

tall = rng.standard_normal((2**17, 64))


def fwht(a):
    h = 1
    while h < len(a):
        v = a.reshape(-1, 2, h, a.shape[1])
        top, bottom = v[:, 0] + v[:, 1], v[:, 0] - v[:, 1]
        v[:, 0], v[:, 1] = top, bottom
        h *= 2


clock("fwht 131072x64", fwht, lambda: tall.copy())

rows = rng.standard_normal((200000, 100))
bucket, sign = rng.integers(0, 2000, 200000), rng.choice([-1.0, 1.0], 200000)
order = np.argsort(bucket, kind="stable")
starts = np.searchsorted(bucket[order], np.arange(2000))
clock("countSketch 200000x100", lambda: np.add.reduceat((sign[:, None] * rows)[order], starts))

config = np.__config__.show("dicts") if hasattr(np.__config__, "CONFIG") else {}
print(json.dumps({"numpy": np.__version__, "python": sys.version.split()[0], "milliseconds": best, "config": str(config)[:200]}))
