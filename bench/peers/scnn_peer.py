"""scnn: R-FISTA on gated, an augmented Lagrangian on ReLU programs (float64, columns not rescaled)."""
import warnings

import numpy as np
import torch
from common import Task, clock
from scnn.metrics import Metrics
from scnn.models import ConvexGatedReLU, ConvexReLU
from scnn.optimize import optimize_model
from scnn.regularizers import NeuronGL1
from scnn.solvers import AL, RFISTA
from importlib.metadata import version

warnings.filterwarnings("ignore")
TOLERANCES = (1e-4, 1e-6, 1e-8, 1e-10, 1e-12)  # on the squared norm of the gradient; its default is 1e-6


def in_our_order(task, fitted):
    """scnn sorts the patterns and drops repeated ones: find each of ours among its own."""
    its = {np.packbits(mask).tobytes(): k for k, mask in enumerate((task.x @ np.asarray(fitted.G) > 0).T)}
    order = [its[np.packbits(mask).tobytes()] for mask in task.masks]
    return np.vstack([part[0][order] for part in fitted.parameters])


def main():
    task = Task()
    task.versions = f"pyscnn {version('pyscnn')}, torch {torch.__version__}"
    if task.loss != "squared":
        raise SystemExit("scnn_peer: scnn has the squared loss only")
    torch.set_num_threads(task.threads)
    for tolerance in TOLERANCES:
        with clock() as c:
            if task.kind == "gated":
                model = ConvexGatedReLU(task.gates.T)
                solver = RFISTA(model, max_iters=100_000, tol=tolerance)
            else:
                model = ConvexReLU(task.gates.T)
                solver = AL(model, tol=tolerance, constraint_tol=tolerance)
            metrics = Metrics()
            fitted, metrics = optimize_model(model, solver, metrics, task.x, task.y.reshape(-1, 1),
                                             regularizer=NeuronGL1(task.lam), return_convex=True, unitize_data=False,
                                             dtype="float64")
        u = in_our_order(task, fitted)
        gap = task.record(u, c, len(metrics.objective), f"tol={tolerance:g}")
        if gap <= 0.5 * task.gap or task.out_of_time(4):
            break


main()
