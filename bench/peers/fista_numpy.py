"""Accelerated proximal gradient with restart in plain NumPy: what a good student writes in an afternoon (squared loss)."""
import time

import numpy as np
from common import Task, clock

CHECK = 25  # iterations between two looks at the gap, which cost about one iteration each


def main():
    task = Task()
    task.versions = f"numpy {np.__version__}"
    if task.loss != "squared" or task.kind != "gated":
        raise SystemExit("fista_numpy: gated programs with the squared loss only")
    history = []
    with clock() as c:
        masks = task.masks.T.astype(float)
        fit = lambda u: ((task.x @ u.T) * masks).sum(1)
        adjoint = lambda r: (masks * r[:, None]).T @ task.x
        v = np.random.default_rng(0).standard_normal((task.patterns, task.d))
        for _ in range(15):
            v = adjoint(fit(v))
            lipschitz = np.linalg.norm(v)
            v /= lipschitz
        step = 1 / (1.05 * lipschitz)
        u = z = np.zeros_like(v)
        t, best, k = 1.0, -np.inf, 0
        while True:
            if k % CHECK == 0:
                r = fit(u) - task.y
                primal = 0.5 * r @ r + task.beta * np.linalg.norm(u, axis=1).sum()
                s = min(max(-(r @ task.y) / (r @ r), 0), task.beta / np.linalg.norm(adjoint(r), axis=1).max())
                if -s * (r @ task.y) - 0.5 * s * s * (r @ r) > best:
                    best, theta = -s * (r @ task.y) - 0.5 * s * s * (r @ r), s * r
                gap = (primal - best) / primal
                history.append((time.perf_counter() - c.start, primal / task.n, gap))
                if gap <= task.gap or task.out_of_time():
                    break
            w = z - step * adjoint(fit(z) - task.y)
            norms = np.linalg.norm(w, axis=1, keepdims=True)
            new = w * np.maximum(1 - step * task.beta / np.maximum(norms, 1e-300), 0)
            if ((z - new) * (new - u)).sum() > 0:
                t, z = 1.0, new
            else:
                following = (1 + np.sqrt(1 + 4 * t * t)) / 2
                z = new + (t - 1) / following * (new - u)
                t = following
            u, k = new, k + 1
    task.record(u, c, k, "restart, step 1/L", theta=theta, history=history)


main()
