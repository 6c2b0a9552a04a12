"""Product and scalar quantization by faiss: `python faiss_peer.py <folder>`.

The folder holds base.npy (n x d). Writes one matrix a setting, decoded (faiss searches by the distance to these), and settings.json with the bits
of each: codes, and the codebooks (float32) or ranges that decoding needs.
"""
import json
import os
import sys

import faiss
import numpy as np

folder = sys.argv[1]
base = np.ascontiguousarray(np.load(os.path.join(folder, "base.npy")), dtype=np.float32)
n, d = base.shape
faiss.omp_set_num_threads(1)
rows = []


def record(name, decoded, bits):
    np.save(os.path.join(folder, f"{len(rows)}.npy"), decoded.astype(np.float64))
    rows.append({"name": name, "bits": int(bits)})


for parts, bits in [(d // 16, 4), (d // 8, 4), (d // 4, 4), (d // 2, 4), (d // 8, 8), (d // 4, 8), (d // 2, 8)]:
    if parts < 1 or d % parts or 2**bits > n:
        continue
    pq = faiss.ProductQuantizer(d, parts, bits)
    pq.train(base)
    codes = pq.compute_codes(base)
    record(f"faiss PQ {parts} x {bits}", pq.decode(codes), n * parts * bits + 32 * 2**bits * d)
for bits, kind in [(4, faiss.ScalarQuantizer.QT_4bit), (6, faiss.ScalarQuantizer.QT_6bit), (8, faiss.ScalarQuantizer.QT_8bit)]:
    sq = faiss.ScalarQuantizer(d, kind)
    sq.train(base)
    record(f"faiss SQ {bits}", sq.decode(sq.compute_codes(base)), n * d * bits + 64 * d)

with open(os.path.join(folder, "settings.json"), "w") as file:
    json.dump({"version": faiss.__version__, "rows": rows}, file)
