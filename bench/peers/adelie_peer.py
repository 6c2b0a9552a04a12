"""adelie: group elastic net by block coordinate descent on its implicit convex-ReLU matrix; C++.

One point a tolerance, from its default (1e-7) down to where tightening no longer helps; `path` of 20 lambdas from lambdaMax
with its own warm starts, or lambda alone (path = 0).
"""
import adelie as ad
import numpy as np
from scipy import sparse
from common import Task, clock

TOLERANCES = (1e-7, 1e-9, 1e-11, 1e-12, 1e-14)


def multinomial_matrix(task):
    """The whole (n c) x (c P d) matrix, sparse, one contiguous group a class and pattern: adelie's own c-fold matrix would
    group the classes of one pattern together, another penalty. Making it is not counted."""
    c = task.outputs
    gated = (task.masks.T[:, :, None] * task.x[:, None, :]).reshape(task.n, -1)
    blocks = [sparse.kron(sparse.csc_matrix(gated), np.eye(c)[:, [k]], format="csc") for k in range(c)]
    return sparse.hstack(blocks, format="csc")


def solve_multinomial(task, matrix, tolerance, lambdas):
    n, c = task.n, task.outputs
    labels = np.eye(c)[task.y.astype(int)]
    glm = ad.glm.multinomial(labels, dtype=np.float64)
    x = ad.matrix.sparse(matrix, method="naive", n_threads=task.threads)
    ad.state._render_multi_inputs = lambda *, X, offsets, **_: (X, offsets)  # the matrix is expanded already
    size = matrix.shape[1]
    groups = np.arange(0, size, task.d)
    eta = np.zeros((n, c))
    resid = np.empty((n, c))
    glm.gradient(eta, resid)
    resid = resid.ravel()
    grad = np.empty(size)
    x.mul(resid, np.ones(n * c), grad)
    # adelie's multinomial loss carries a factor 1/c.
    state = ad.state.multiglm_naive(
        X=x, glm=glm, constraints=None, groups=groups, group_sizes=np.full(len(groups), task.d), alpha=1.0,
        penalty=np.ones(len(groups)), offsets=np.zeros((n, c)), screen_set=np.array([], dtype=int),
        screen_beta=np.array([]), screen_is_active=np.array([], dtype=bool), active_set_size=0,
        active_set=np.empty(len(groups), dtype=int), eta=eta.ravel(), resid=resid, lmda=np.inf, lmda_max=None, grad=grad,
        lmda_path=np.asarray(lambdas) / c, loss_null=None, loss_full=glm.loss_full(), intercept=False, tol=tolerance,
        irls_tol=tolerance, early_exit=False, n_threads=task.threads)
    return state.solve(progress_bar=False)


def main():
    task = Task()
    task.versions = f"adelie {ad.__version__}"
    masks = np.asfortranarray(task.masks.T)
    x = np.asfortranarray(task.x)
    multi = task.loss == "multinomial"
    matrix = multinomial_matrix(task) if multi else None
    sizes = np.arange(0, task.patterns * task.d, task.d)
    best = np.inf
    for tolerance in TOLERANCES:
        with clock() as c:
            lambdas = np.geomspace(task.lambdaMax, task.lam, task.path) if task.path else np.array([task.lam])
            if multi:
                state = solve_multinomial(task, matrix, tolerance, lambdas)
            else:
                operator = ad.matrix.convex_relu(x, masks, gated=True, n_threads=task.threads)
                glm = (ad.glm.gaussian(task.y) if task.loss == "squared"
                       else ad.glm.binomial((task.y > 0).astype(float), dtype=np.float64))
                more = {} if task.loss == "squared" else dict(irls_tol=tolerance)
                state = ad.grpnet(operator, glm, groups=sizes, penalty=np.ones(task.patterns), lmda_path=lambdas,
                                  intercept=False, early_exit=False, tol=tolerance, progress_bar=False,
                                  n_threads=task.threads, **more)
            beta = np.asarray(state.betas[-1].todense()).ravel()
        if len(state.lmdas) != len(lambdas):
            raise RuntimeError(f"adelie stopped after {len(state.lmdas)} of {len(lambdas)} lambdas")
        gap = task.record(beta.reshape(-1, task.d), c, len(lambdas), f"tol={tolerance:g}")
        if gap <= 0.5 * task.gap or task.out_of_time(4):
            break


main()
