"""What every peer shares: reading a problem, timing, peak memory, and writing points for the judge.

A peer is called as `python peer.py <problem folder> <output folder>`. The folder holds x.npy (n x d), y.npy (n), masks.npy
(P x n, uint8), gates.npy (P x d); the output folder holds task.json. It writes points u0.npy, u1.npy ... (one row a group:
P x d; for ReLU programs v then w; for c classes class after class) and result.json. Only the judge's numbers are reported:
the gap computed here merely decides when to stop tightening tolerances.
"""
import json
import os
import resource
import sys
import time

import numpy as np
from scipy.optimize import nnls
from scipy.special import xlogy


class Task:
    def __init__(self):
        self.problem, self.out = sys.argv[1], sys.argv[2]
        with open(os.path.join(self.out, "task.json")) as file:
            for key, value in json.load(file).items():
                setattr(self, key, value)
        read = lambda name: np.load(os.path.join(self.problem, name))
        self.x, self.y, self.gates = read("x.npy"), read("y.npy"), read("gates.npy")
        self.masks = read("masks.npy").astype(bool)  # P x n
        self.n, self.d = self.x.shape
        self.patterns = len(self.masks)
        self.beta = self.n * self.lam
        self.points, self.versions, self.claimed = [], "", None
        self.baseline = resident()
        self.begun = time.perf_counter()

    def out_of_time(self, ahead=1.0):
        """Whether a setting `ahead` times as long as all so far would end past the limit."""
        return ahead * (time.perf_counter() - self.begun) > self.maxSeconds

    def record(self, u, timed, iterations, setting, theta=None, solver_seconds=None, history=None):
        """Writes one point; returns its relative gap by the plain residual (not counted in any time)."""
        k = len(self.points)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - self.baseline
        point = dict(u=f"u{k}.npy", theta=None, seconds=timed.seconds, cpuSeconds=timed.cpu, solverSeconds=solver_seconds, iterations=int(iterations),
                     setting=setting, peakMemory=max(0, peak), history=history)
        np.save(os.path.join(self.out, point["u"]), np.ascontiguousarray(u, dtype=float))
        if theta is not None:
            point["theta"] = f"theta{k}.npy"
            np.save(os.path.join(self.out, point["theta"]), np.ascontiguousarray(theta, dtype=float))
        self.points.append(point)
        self.write()
        return self.relative_gap(np.asarray(u, dtype=float), theta)

    def claim(self, primal, dual, timed, iterations, active):
        """Numbers without a point to check them by: reported as the solver's own claim."""
        self.claimed = dict(primal=primal, dual=dual, seconds=timed.seconds, cpuSeconds=timed.cpu, iterations=int(iterations), active=int(active))
        self.write()

    def write(self):
        path = os.path.join(self.out, "result.json")
        with open(path + ".new", "w") as file:
            json.dump(dict(points=self.points, versions=self.versions, claimed=self.claimed), file)
        os.replace(path + ".new", path)

    def fit(self, u):
        if self.kind == "relu":
            u = u[: self.patterns] - u[self.patterns :]
        return ((self.x @ u.T) * self.masks.T).sum(1)

    def widest(self, theta):
        """The largest |A_g' theta|; for cones, of its projection (by non-negative least squares, where it can matter)."""
        s = (self.masks * theta) @ self.x
        norms = np.linalg.norm(s, axis=1)
        if self.kind == "gated":
            return norms.max()
        most = 0.0
        for k in np.argsort(-norms):
            if norms[k] <= most:
                break
            cone = (2.0 * self.masks[k] - 1)[:, None] * self.x
            for sign in (1, -1):
                most = max(most, nnls(cone.T, -sign * s[k], maxiter=50 * self.n)[1])
        return most

    def relative_gap(self, u, theta=None):
        """Relative duality gap at u, by the gradient there or the dual point offered (not for several classes)."""
        if self.loss not in ("squared", "logistic"):
            return np.inf
        f = self.fit(u)
        penalty = self.beta * np.linalg.norm(u, axis=1).sum()
        if self.loss == "squared":
            primal, gradient = 0.5 * np.sum((f - self.y) ** 2) + penalty, f - self.y
        else:
            primal, gradient = np.logaddexp(0, -self.y * f).sum() + penalty, -self.y / (1 + np.exp(self.y * f))
        dual = -np.inf
        for t in (gradient, theta):
            if t is None:
                continue
            scale = self.beta / max(self.widest(t), 1e-300)
            if self.loss == "squared":
                s = min(max(-(t @ self.y) / max(t @ t, 1e-300), 0), scale)
                dual = max(dual, -s * (t @ self.y) - 0.5 * s * s * (t @ t))
            else:
                q = np.clip(-min(1.0, scale) * self.y * t, 0, 1)
                dual = max(dual, -(xlogy(q, q) + xlogy(1 - q, 1 - q)).sum())
        return (primal - dual) / primal


def resident():
    """Bytes of this process in memory now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


class clock:
    """with clock() as c: ...; then c.seconds and, of all threads, c.cpu."""

    def __enter__(self):
        self.start, self.start_cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_):
        self.seconds, self.cpu = time.perf_counter() - self.start, time.process_time() - self.start_cpu
