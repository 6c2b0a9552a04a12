/**
 * Factorisations by the Fortran LAPACK inside the BLAS library.
 *
 * Fortran stores by columns, so what it sees is our transpose; every routine is chosen so that no copy is needed:
 * the lower Cholesky factor is its upper one, A = U S Vᵀ is its Aᵀ = V S Uᵀ, and A = Q R is its Aᵀ = L Qᵀ.
 * @module
 */
import type { Kernels } from '../compute.ts'
import { checkMatrix, checkVector } from './check.ts'
import type { Library } from './openblas.ts'

type Factorisations = Pick<Kernels, 'potrf' | 'syevd' | 'gesdd' | 'geqrf'>

/** What the library has of the four; a build without LAPACK has none. */
export function lapack(library: Library): Factorisations {
  const found: Factorisations = {}
  for (const part of [cholesky, symmetricEigen, singularValues, orthogonal])
    try {
      Object.assign(found, part(library))
    } catch (error) {
      if (!(error instanceof Error && /cannot find function/i.test(error.message))) throw error
    }
  return found
}

// Characters are followed, at the end of the arguments, by their lengths: gfortran's convention, harmless elsewhere.
const [TEXT, INTEGER, REAL, LENGTH] = ['const char *', 'int *', 'double *', 'size_t']

const whole = (value: number): Int32Array => Int32Array.of(value)

/** Negative: an argument was wrong, which the checks here should have caught. Positive: the method failed. */
function succeeded(name: string, info: Int32Array): boolean {
  if (info[0] < 0) throw new Error(`${name}: argument ${-info[0]} is wrong.`)
  return info[0] === 0
}

function cholesky(library: Library): Factorisations {
  const dpotrf = library('dpotrf_', 'void', [TEXT, INTEGER, REAL, INTEGER, INTEGER, LENGTH])
  return {
    potrf(n, a, lda) {
      checkMatrix('potrf', a, n, n, lda, 'Float64Array')
      if (n === 0) return true
      const info = whole(0)
      dpotrf('U', whole(n), a, whole(Math.max(lda, n)), info, 1)
      return succeeded('dpotrf', info)
    },
  }
}

function symmetricEigen(library: Library): Factorisations {
  const dsyevd = library('dsyevd_', 'void', [
    ...[TEXT, TEXT, INTEGER, REAL, INTEGER, REAL, REAL, INTEGER, INTEGER, INTEGER, INTEGER],
    ...[LENGTH, LENGTH],
  ])
  return {
    syevd(n, a, w) {
      checkMatrix('syevd a', a, n, n, n, 'Float64Array')
      checkVector('syevd w', w, n, 'Float64Array')
      if (n === 0) return true
      const [size, info] = [whole(n), whole(0)]
      const [best, bestWhole] = [new Float64Array(1), whole(0)]
      dsyevd('V', 'U', size, a, size, w, best, whole(-1), bestWhole, whole(-1), info, 1, 1)
      const [work, iwork] = [new Float64Array(best[0]), new Int32Array(bestWhole[0])]
      dsyevd('V', 'U', size, a, size, w, work, whole(work.length), iwork, whole(iwork.length), info, 1, 1)
      return succeeded('dsyevd', info)
    },
  }
}

function singularValues(library: Library): Factorisations {
  const dgesdd = library('dgesdd_', 'void', [
    ...[TEXT, INTEGER, INTEGER, REAL, INTEGER, REAL, REAL, INTEGER, REAL, INTEGER, REAL, INTEGER, INTEGER, INTEGER],
    LENGTH,
  ])
  return {
    gesdd(m, n, a, u, s, vt) {
      const r = Math.min(m, n)
      checkMatrix('gesdd a', a, m, n, n, 'Float64Array')
      checkMatrix('gesdd u', u, m, r, r, 'Float64Array')
      checkVector('gesdd s', s, r, 'Float64Array')
      checkMatrix('gesdd vt', vt, r, n, n, 'Float64Array')
      if (r === 0) return true
      const [rows, cols, rank, info] = [whole(n), whole(m), whole(r), whole(0)]
      const [best, iwork] = [new Float64Array(1), new Int32Array(8 * r)]
      // Aᵀ = V S Uᵀ: its left vectors V (n × r by columns) are vt by rows, its right ones Uᵀ are u by rows.
      dgesdd('S', rows, cols, a, rows, s, vt, rows, u, rank, best, whole(-1), iwork, info, 1)
      const work = new Float64Array(best[0])
      dgesdd('S', rows, cols, a, rows, s, vt, rows, u, rank, work, whole(work.length), iwork, info, 1)
      return succeeded('dgesdd', info)
    },
  }
}

function orthogonal(library: Library): Factorisations {
  const parameters = [INTEGER, INTEGER, REAL, INTEGER, REAL, REAL, INTEGER, INTEGER]
  const dgelqf = library('dgelqf_', 'void', parameters)
  const dorglq = library('dorglq_', 'void', [INTEGER, ...parameters])
  return {
    geqrf(m, n, a, q, r) {
      checkMatrix('geqrf a', a, m, n, n, 'Float64Array')
      checkMatrix('geqrf q', q, m, n, n, 'Float64Array')
      checkMatrix('geqrf r', r, n, n, n, 'Float64Array')
      if (n === 0 || m < n) return n === 0
      const [rows, cols, info] = [whole(n), whole(m), whole(0)]
      const [tau, best] = [new Float64Array(n), new Float64Array(1)]
      dgelqf(rows, cols, a, rows, tau, best, whole(-1), info)
      const factorWork = new Float64Array(best[0])
      dgelqf(rows, cols, a, rows, tau, factorWork, whole(factorWork.length), info)
      if (!succeeded('dgelqf', info)) return false
      // L by columns is R by rows; what lies below the diagonal of R are the reflectors.
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) r[i * n + j] = j < i ? 0 : a[i * n + j]
      q.set(a.subarray(0, m * n))
      dorglq(rows, cols, rows, q, rows, tau, best, whole(-1), info)
      const formWork = new Float64Array(best[0])
      dorglq(rows, cols, rows, q, rows, tau, formWork, whole(formWork.length), info)
      return succeeded('dorglq', info)
    },
  }
}
