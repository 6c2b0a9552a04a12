"""Clarabel, a general conic interior-point solver, through cvxpy: the program written as its user would write it.

`seconds` is all of Problem.solve (cvxpy's compilation included), `solverSeconds` Clarabel's own.
"""
import clarabel
import cvxpy as cp
import numpy as np
from common import Task, clock

# Shares of the gap asked for: the loosest that the judge certifies is the one reported. Rougher ones for the curve.
SHARES = (1.0, 0.1, 0.01)
ROUGH = (1e4, 1e2)


def program(task):
    x, s = task.x, task.masks.T.astype(float)
    shape = (task.d, task.patterns)
    r = cp.Variable(task.n)
    if task.kind == "gated":
        u = cp.Variable(shape)
        fit = cp.sum(cp.multiply(s, x @ u), axis=1)
        penalty = cp.sum(cp.norm(u, 2, axis=0))
        cones = []
        value = lambda: u.value.T
    else:
        v, w = cp.Variable(shape), cp.Variable(shape)
        fit = cp.sum(cp.multiply(s, x @ (v - w)), axis=1)
        penalty = cp.sum(cp.norm(v, 2, axis=0)) + cp.sum(cp.norm(w, 2, axis=0))
        cones = [cp.multiply(2 * s - 1, x @ v) >= 0, cp.multiply(2 * s - 1, x @ w) >= 0]
        value = lambda: np.vstack([v.value.T, w.value.T])
    residual = r == fit - task.y
    problem = cp.Problem(cp.Minimize(cp.sum_squares(r) / (2 * task.n) + task.lam * penalty), [residual, *cones])
    return problem, value, residual


def main():
    task = Task()
    task.versions = f"clarabel {clarabel.__version__}, cvxpy {cp.__version__}"
    if task.loss != "squared":
        raise SystemExit("clarabel_peer: written for the squared loss only")
    for tolerance in task.gap * np.array((ROUGH if task.ladder else ()) + SHARES):
        with clock() as c:
            problem, value, residual = program(task)
            problem.solve(solver=cp.CLARABEL, tol_gap_abs=tolerance, tol_gap_rel=tolerance, tol_feas=tolerance,
                          max_threads=task.threads)
            u = value()
        stats = problem.solver_stats
        # The multiplier of r = f - y in the mean objective; theta of the sum form up to its sign, which is r's.
        theta = task.n * np.asarray(residual.dual_value)
        theta = theta if theta @ (task.fit(u) - task.y) >= 0 else -theta
        gap = task.record(u, c, stats.num_iters, f"tol={tolerance:g} {problem.status}", theta=theta,
                    solver_seconds=stats.solve_time)
        if gap <= 0.5 * task.gap or task.out_of_time(2):
            break


main()
