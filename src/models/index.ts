/**
 * Models: convex reformulations of network training, and `fit`, which is written once for all of them.
 * @module
 */
export { ACTIVATIONS, type Activation, activationFrom } from './activation.ts'
export { type Audit, type AuditOptions, type AuditVerdict, type AuditWarning, audit } from './audit/audit.ts'
export type { ForeignNetwork } from './audit/foreign.ts'
export type { Improved } from './audit/improve.ts'
export type { MaxMargin } from './audit/maxMargin.ts'
export type { MissingNeuron } from './audit/missingNeuron.ts'
export type { NeuronFacts, NeuronReport } from './audit/neurons.ts'
export type { AuditData, Conventions, Measured } from './audit/program.ts'
export { type AuditRecheck, recheckAudit } from './audit/recheckAudit.ts'
export type { ConcaveKink, NeuronStationarity, Stationarity } from './audit/stationarity.ts'
export { type LinearModel, linearModel, predictLinear } from './baselines/linearModel.ts'
export { type LocalSearchOptions, type LocalSearchResult, localSearch } from './baselines/localSearch.ts'
export { breathing } from './breathing.ts'
export type { ClosedForm, ClosedFormData } from './closedForms/closedForm.ts'
export { type LargestMargin, largestMargin, orthogonalSeparableNetwork } from './closedForms/orthogonalSeparable.ts'
export { rankOneNetwork } from './closedForms/rankOne.ts'
export { allActiveNetwork, type SpikeSearch, searchSpikes } from './closedForms/spikeFree.ts'
export { whitenedNetwork } from './closedForms/whitened.ts'
export * from './compression/index.ts'
export { type CrossValidation, crossValidate, type ValidationOptions } from './crossValidate.ts'
export { fit } from './fit.ts'
export type { Fitted } from './fitted.ts'
export type { Inputs } from './inputs.ts'
export { describeNeurons, type NeuronRowsOptions, type NeuronSummary } from './inspection/neurons.ts'
export { type DependenceOptions, partialDependence } from './inspection/partialDependence.ts'
export { type Change, type PermutationOptions, permutationImportance } from './inspection/permutationImportance.ts'
export { type ColumnGroup, weightsByFeature } from './inspection/weightsByFeature.ts'
export {
  type FittedKernel,
  fitKernel,
  type KernelOptions,
  type KernelWeights,
  type Mixture,
  theoryLambda,
} from './kernels/fitKernel.ts'
export { ntkKernel, ntkWeights } from './kernels/ntk.ts'
export { type Convolution, convolutionRows } from './landscape/convolution.ts'
export { type ConvolutionOptions, type FittedConvolution, fitConvolution } from './landscape/fitConvolution.ts'
export { type Landscape, type LandscapeOptions, landscape } from './landscape/landscape.ts'
export { type LowRank, trainLowRank } from './landscape/lowRank.ts'
export { gaussGates, type Subsample, type SubsampleOptions, subsample, vertexGates } from './landscape/subsample.ts'
export { type TrainCellsOptions, type TrainedCells, trainCells } from './landscape/trainCells.ts'
export type { Model, Network, PatternSet, Reformulation, TrainingData } from './model.ts'
export { coneDecomposition } from './networks/coneDecomposition.ts'
export { gatedRelu } from './networks/gatedRelu.ts'
export { certifyActivated, homogeneous, patternRows } from './networks/homogeneous.ts'
export { mergeNeurons } from './networks/mergeNeurons.ts'
export { minimalWidth } from './networks/minimalWidth.ts'
export { type Missing, missingNeurons, type PricingOptions } from './networks/missingNeurons.ts'
export { asReluNetwork, fitOf, networkKind, networkObjective, predictNetwork } from './networks/network.ts'
export { type OptimalSet, type OptimalSetOptions, optimalSet, type PredictionRange } from './networks/optimalSet.ts'
export {
  cellBound,
  type EnumerateOptions,
  type Enumeration,
  enumeratePatterns,
} from './networks/patterns/enumeratePatterns.ts'
export { joinPatterns, patternsOf } from './networks/patterns/patternsOf.ts'
export { samplePatterns } from './networks/patterns/samplePatterns.ts'
export { relu } from './networks/relu.ts'
export { type FittedNeuron, fitNeuron, type NeuronOptions } from './neuron/fitNeuron.ts'
export type { Best, FitOptions, PathShape, Start, TrainOptions, ValidationShape } from './options.ts'
export { fitPath, type Path, type PathLambdas, type PathOptions } from './path.ts'
export { type Predictor, type PredictorState, predictorOf } from './predictor.ts'
export { type Spline, type SplineOptions, spline1d, splineSteps } from './splines/spline1d.ts'
export { learnStandardisation, type Standardisation, standardise, toRaw } from './standardisation.ts'
export type { Label, Targets } from './targets.ts'
export { type TrainedThreshold, thresholdNetwork, thresholdValues } from './threshold/thresholdNetwork.ts'
