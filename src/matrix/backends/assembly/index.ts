// Entry of the WebAssembly module: pure loops over memory that JavaScript owns; nothing is allocated here.
export { dgemm, sgemm, workspaceBytes } from './gemm'
export { countSketch, fwht, transpose } from './transforms'
export { maskedPanel, maskedSpread, maskedSum } from './masked'
export { axpy, dot, gemv, gemvT, trsm } from './vector'
export { gatedAdjoint, gatedForward } from './gated'
