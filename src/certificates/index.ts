export type { Certificate, Oracle, Scope } from './certificate.ts'
export { certifyGlobal, type GlobalOptions } from './certifyGlobal.ts'
export { certifyHomogeneous } from './certifyHomogeneous.ts'
export { certifyInterpolation } from './certifyInterpolation.ts'
export { type CertifyLinearOptions, certifyLinear, type LinearCertificate, type LinearModel } from './certifyLinear.ts'
export { certifyProgram, type ProgramCertificate, type ProgramClaim } from './certifyProgram.ts'
export { certifySpline, type HingeSpline, type SplineData } from './certifySpline.ts'
export { certify } from './certifyTwoLayer.ts'
export { gatedDualNorm, reluDualNorm } from './dualNorm.ts'
export { type HomogeneousOracle, homogeneousOracles, type ReluRows, reluRows, reluTheta } from './homogeneousOracles.ts'
export { type HomogeneousNetwork, type HomogeneousProgram, homogeneousValue } from './homogeneousValue.ts'
export { type LambdaMaxOptions, lambdaMax } from './lambdaMax.ts'
export { type OracleChoice, type UpperOracle, upperOracle } from './oracles/chooseOracle.ts'
export { normByClosedForm } from './oracles/closedForm.ts'
export { type DataClass, type DataClassName, dataClass, requireOrthogonalSeparable } from './oracles/dataClass.ts'
export { type EnumerationOptions, normByEnumeration } from './oracles/enumeration.ts'
export type { Direction, HalfProof, OracleResult } from './oracles/oracle.ts'
export { normBySdp, type SdpOptions, type SdpResult } from './oracles/sdp.ts'
export { normBySearch, type SearchOptions } from './oracles/search.ts'
export { normBySpectrum } from './oracles/spectral.ts'
export {
  predictionEnd,
  type RangeClass,
  type RangeEnd,
  type RangePoint,
  type RangeQuestion,
} from './predictionRange.ts'
export type { LossDescription } from './recheck/lossFromDefinition.ts'
export { certifyPoint, type ProgramPoint, type RecheckData, recheck, type Verdict } from './recheck/recheck.ts'
export { type RangeRecheck, recheckRange } from './recheck/recheckRange.ts'
export { recheckInterpolation, recheckSpline, type SplineRecheck } from './recheck/recheckSpline.ts'
export { type Claim, type RangeWords, rangeStatement, statement } from './statement.ts'
export type { GivenPatterns, TwoLayerData, TwoLayerNetwork } from './twoLayer.ts'
export { zeroSum } from './zeroSum.ts'
