/**
 * The systems of the field that Nadir is meant to hold: the list behind `nadir systems`. FEATURES.md shows the same table;
 * a test keeps the two equal.
 * @module
 */
import type { Scope } from '../certificates/certificate.ts'

export interface System {
  readonly name: string
  /** Reference as far as it has been checked; a dash means not yet. */
  readonly paper: string
  /** The verb of the command line that runs it, or will. */
  readonly verb: string
  /** What the bound of the finished system covers; 'none' where no optimum is claimed. */
  readonly scope: Scope | 'none'
  readonly state: 'done' | 'partial' | 'not'
}

export const systems: readonly System[] = [
  // Two-layer networks
  {
    name: 'Exact two-layer training, ReLU and gated ReLU',
    paper: 'Pilanci, Ergen, Neural Networks are Convex Regularizers, 2020',
    verb: 'fit',
    scope: 'global',
    state: 'done',
  },
  {
    name: 'Convex landscape: activations, sampling, low rank, stationary points',
    paper:
      'Wang, Lacotte, Pilanci, The Hidden Convex Optimization Landscape of Regularized Two-Layer ReLU Networks, 2022',
    verb: 'landscape',
    scope: 'global',
    state: 'done',
  },
  {
    name: 'Polynomial-time certificates: Max-Cut, zonotope and SDP bounds',
    paper: '—',
    verb: 'certify',
    scope: 'global',
    state: 'done',
  },
  {
    name: 'Auditor of any trained two-layer network',
    paper: 'Wang, Pilanci, The Convex Geometry of Backpropagation, ICLR 2022',
    verb: 'audit',
    scope: 'global',
    state: 'done',
  },
  {
    name: '1-D splines, rank-one data and closed forms',
    paper: 'Savarese, Evron, Soudry, Srebro, How do infinite width bounded norm networks look in function space?, 2019',
    verb: 'spline',
    scope: 'global',
    state: 'done',
  },
  { name: 'Single-neuron relaxation', paper: 'Allerton 2019', verb: 'neuron', scope: 'none', state: 'done' },
  {
    name: 'Neural tangent kernel to multiple kernel learning',
    paper: 'Dwaraknath, Ergen, Pilanci, Fixing the NTK, 2023',
    verb: 'kernel',
    scope: 'restricted',
    state: 'done',
  },
  // Deep, vector-output, polynomial and generative networks
  {
    name: 'Vector-output networks: copositive programs',
    paper: 'arXiv 2012.13329',
    verb: 'fit',
    scope: 'global',
    state: 'not',
  },
  { name: 'Parallel three-layer networks', paper: 'arXiv 2110.05518', verb: 'fit', scope: 'restricted', state: 'not' },
  {
    name: 'Path regularization of deeper parallel networks',
    paper: 'arXiv 2110.09548',
    verb: 'fit',
    scope: 'restricted',
    state: 'not',
  },
  {
    name: 'Parallel deep networks: zero duality gap, deep linear closed forms',
    paper: 'arXiv 2110.06482',
    verb: 'deep-linear',
    scope: 'global',
    state: 'not',
  },
  {
    name: 'Wedge-product features and the convex Lasso',
    paper: 'arXiv 2309.16512',
    verb: 'features',
    scope: 'restricted',
    state: 'not',
  },
  {
    name: 'Polynomial activations by semidefinite programming',
    paper: 'arXiv 2101.02429',
    verb: 'fit',
    scope: 'global',
    state: 'not',
  },
  { name: 'Quantized networks', paper: 'arXiv 2105.01420', verb: 'quantize', scope: 'global', state: 'not' },
  {
    name: 'Convex denoiser behind neural reconstruction',
    paper: 'arXiv 2012.05169',
    verb: 'denoise',
    scope: 'restricted',
    state: 'not',
  },
  {
    name: 'Wasserstein GANs as convex programs',
    paper: 'arXiv 2107.05680',
    verb: 'gan',
    scope: 'global',
    state: 'not',
  },
  {
    name: 'Over-parameterization in GANs: descent–ascent sweep',
    paper: 'Balaji et al., 2021, arXiv 2104.05605',
    verb: 'gan',
    scope: 'stationary',
    state: 'not',
  },
  // Sketching, compression and distributed work
  {
    name: 'Sketch operators',
    paper: 'Nelson, Nguyen, OSNAP: faster numerical linear algebra algorithms via sparser subspace embeddings, 2013',
    verb: 'sketch',
    scope: 'none',
    state: 'done',
  },
  {
    name: 'Iterative Hessian sketch',
    paper:
      'Pilanci, Wainwright, Iterative Hessian sketch: fast and accurate solution approximation for constrained least-squares, 2016',
    verb: 'solve',
    scope: 'global',
    state: 'done',
  },
  {
    name: 'A-optimal iterative Hessian sketch',
    paper: 'Zhang, Zhang, Yin, Adaptive Iterative Hessian Sketch via A-Optimal Subsampling, arXiv 1902.07627',
    verb: 'solve',
    scope: 'global',
    state: 'done',
  },
  {
    name: 'Adaptive sketch size by effective dimension',
    paper:
      'Lacotte, Pilanci, Effective dimension adaptive sketching methods for faster regularized least-squares optimization, 2020',
    verb: 'solve',
    scope: 'global',
    state: 'done',
  },
  {
    name: 'Adaptive Newton sketch',
    paper: 'Lacotte, Wang, Pilanci, Adaptive Newton Sketch, arXiv 2105.07291',
    verb: 'solve',
    scope: 'global',
    state: 'done',
  },
  {
    name: 'Newton-LESS',
    paper: 'Dereziński, Lacotte, Pilanci, Mahoney, Newton-LESS, arXiv 2107.07480',
    verb: 'solve',
    scope: 'global',
    state: 'done',
  },
  {
    name: 'Debiased distributed second-order steps',
    paper: 'Dereziński, Bartan, Pilanci, Mahoney, Debiasing Distributed Second Order Optimization, arXiv 2007.01327',
    verb: 'solve',
    scope: 'global',
    state: 'done',
  },
  {
    name: 'Low-rank low-precision compression (LPLR, CALDERA)',
    paper:
      'Saha, Srivastava, Pilanci, Matrix Compression via Randomized Low Rank and Low Precision Factorization, 2023, arXiv 2310.11028',
    verb: 'compress',
    scope: 'none',
    state: 'done',
  },
  {
    name: 'Computational polarization (polar-coded computing)',
    paper: '—',
    verb: 'coded',
    scope: 'none',
    state: 'not',
  },
  { name: 'Randomized polar codes: anytime answers', paper: '—', verb: 'coded', scope: 'none', state: 'not' },
  { name: 'Iterative sketching for secure coded regression', paper: '—', verb: 'coded', scope: 'global', state: 'not' },
  { name: 'D-ADMMS: distributed posterior sampling', paper: '—', verb: 'sample', scope: 'none', state: 'not' },
  { name: 'FL-NTK: federated two-layer training', paper: '—', verb: 'federate', scope: 'none', state: 'not' },
  // Sparse learning and imaging
  {
    name: 'Lasso path and the pretrained lasso',
    paper: 'Craig et al., 2025, arXiv 2401.12911',
    verb: 'lasso',
    scope: 'global',
    state: 'not',
  },
  {
    name: 'Sparse and smooth signals: exact L0',
    paper: 'Atamturk, Gomez, Han, 2021, arXiv 1811.02655',
    verb: 'l0',
    scope: 'global',
    state: 'not',
  },
  {
    name: 'Relaxed variable splitting and binary activation',
    paper: 'Dinh, Xin, 2020, arXiv 1901.09731',
    verb: 'sparsify',
    scope: 'stationary',
    state: 'not',
  },
  {
    name: 'Permutation learning (AutoShuffleNet penalty)',
    paper: 'Lyu, Zhang, Qi, Xin, 2020, arXiv 1901.08624',
    verb: 'permute',
    scope: 'none',
    state: 'not',
  },
  {
    name: 'AdaGrad under anisotropic smoothness',
    paper: 'Jiang, Maladkar, Mokhtari, 2025, arXiv 2406.04592',
    verb: 'advise',
    scope: 'stationary',
    state: 'not',
  },
  {
    name: 'Radio-interferometric imaging',
    paper: 'Terris, Dabbech, Tang, Wiaux, 2023, arXiv 2202.12959',
    verb: 'image',
    scope: 'global',
    state: 'not',
  },
  {
    name: 'Off-resonance PROPELLER MRI',
    paper: 'Ghosh, Wetzstein, Pilanci, Fridovich-Keil, arXiv 2311.13177',
    verb: 'image',
    scope: 'global',
    state: 'not',
  },
]
