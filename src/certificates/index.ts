export type { Certificate, Oracle, Scope } from './certificate.ts'
export { certifyGlobal, type GlobalOptions } from './certifyGlobal.ts'
export { certifyInterpolation } from './certifyInterpolation.ts'
export { type CertifyLinearOptions, certifyLinear, type LinearCertificate, type LinearModel } from './certifyLinear.ts'
export { certifyProgram, type ProgramCertificate, type ProgramClaim } from './certifyProgram.ts'
export { certifySpline, type HingeSpline, type SplineData } from './certifySpline.ts'
export {
  certifyHomogeneous,
  type HomogeneousNetwork,
  type HomogeneousProgram,
  homogeneousNorm,
  homogeneousValue,
  type NormOracle,
  reluRows,
} from './certifyHomogeneous.ts'
export { certify } from './certifyTwoLayer.ts'
export { gatedDualNorm, reluDualNorm } from './dualNorm.ts'
export { type LambdaMaxOptions, lambdaMax } from './lambdaMax.ts'
export { type OracleChoice, type UpperOracle, upperOracle } from './oracles/chooseOracle.ts'
export { type EnumerationOptions, normByEnumeration } from './oracles/enumeration.ts'
export type { Direction, HalfProof, OracleResult } from './oracles/oracle.ts'
export { normBySdp, type SdpOptions, type SdpResult } from './oracles/sdp.ts'
export { normBySearch, type SearchOptions } from './oracles/search.ts'
export { normBySpectrum } from './oracles/spectral.ts'
export type { LossDescription } from './recheck/lossFromDefinition.ts'
export { certifyPoint, type ProgramPoint, type RecheckData, recheck, type Verdict } from './recheck/recheck.ts'
export { recheckInterpolation, recheckSpline, type SplineRecheck } from './recheck/recheckSpline.ts'
export { type Claim, statement } from './statement.ts'
export type { GivenPatterns, TwoLayerData, TwoLayerNetwork } from './twoLayer.ts'
