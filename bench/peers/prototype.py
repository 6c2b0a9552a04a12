"""Research prototypes (ssn, ipm, tall) from a folder given by --prototypes; not part of this repository."""
import sys

import numpy as np
from common import Task, clock


def main():
    task = Task()
    sys.path.insert(0, task.prototypes)
    sys.argv = sys.argv[:1]
    d = task.masks.T.astype(float)
    task.versions = f"numpy {np.__version__}"
    if task.loss != "squared" or (task.kind != "gated" and task.variant != "ipm"):
        raise SystemExit(f"prototype {task.variant}: does not take this problem")
    if task.variant == "ssn":
        import semismooth
        with clock() as c:
            u, primal, dual, newton, _, history, active, *_ = semismooth.ssnal(task.x, task.y, d, task.lam, tol=task.gap)
        # Its bound comes from a dual point that it does not return, a thousand times tighter than the residual's.
        task.claim(primal, dual, c, newton, active)
    elif task.variant == "tall":
        import tall
        with clock() as c:
            u, primal, dual, history = tall.ws(task.x, task.y, d, task.lam, task.gap)
        task.record(u, c, len(history), "ws", history=[(t, None, gap) for _, t, gap in history])
    else:
        import interior_point
        with clock() as c:
            primal, dual, iterations, active, _ = interior_point.ipm(task.x, task.y, d, task.lam, tol=task.gap,
                                                                     relu=task.kind == "relu")
        # It returns no weights either.
        task.claim(primal, dual, c, iterations, active)



main()
