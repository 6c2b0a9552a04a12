/**
 * Help that belongs to no verb: what a certificate says, what lambda means, what data may be, how a run ends.
 * @module
 */

/** Paragraphs by topic. A paragraph that begins with two spaces is kept as it is. */
export const TOPICS: Readonly<Record<string, { readonly about: string; readonly text: readonly string[] }>> = {
  certificates: {
    about: 'what a certificate proves, and what it does not',
    text: [
      'Every training ends with two numbers: dual ≤ best possible objective ≤ primal.',
      'primal (printed as objective) is the training objective of the network you get. dual (printed as bound) is a number that no network of the class described gets below, whatever its weights and however it was trained. Their difference is the gap; a relative gap of 1e-4 says that at most 0.01 % of the objective is left to win.',
      'The scope says what the bound covers:',
      '  global      no network of this class on this data,\n              of any width, is below the bound\n  restricted  none with the given gates or patterns\n  stationary  no bound at all: a residual only',
      'A small gap is about the training objective. It does not say that the network predicts well: hold rows out (--valid-fraction 0.25) or use nadir cv for that.',
      'nadir certify <model> <data> computes a certificate anew from weights and data, and checks the saved one by code that shares nothing with what made it.',
    ],
  },
  lambda: {
    about: 'the weight of the penalty, and how to choose it',
    text: [
      'The objective is (1/n) Σ w·loss + lambda·½ Σ(‖u‖² + ‖v‖²): weight decay as in PyTorch with a mean loss, so that lambda does not depend on the number of rows.',
      'lambdaMax is the smallest lambda at which the constant is optimal. A fraction of it is written 0.1max.',
      '  --lambda 0.1max   a small network, quickly\n  --lambda 0.01max  a larger one\n  (none)            chosen by 5-fold cross-validation',
      'nadir path shows objective, bound and metrics along a path of lambdas; nadir cv compares them on held-out folds. The squared loss is ½(f − y)² on the target in units of its standard deviation.',
    ],
  },
  data: {
    about: 'which files are read, and what becomes of their columns',
    text: [
      'CSV, TSV, Parquet and JSON lines (also gzipped CSV and JSON), .npy and .npz; "-" is standard input; diabetes, breast-cancer, wine and digits come with the package. Several files with the same columns are read one below the other. --sql "select … from data" reads the rows of a query over them.',
      'The last column is predicted unless --target names another. Texts, and numbers with few different whole values, are classes; --loss squared makes numbers of them.',
      '  numbers    as they are, standardised in training\n  missing    (empty, NA, null …) the training mean,\n             and a column that says where\n  true/false one column of 0 and 1\n  dates      2024-05-17, with or without a time:\n             days since 1970-01-01\n  texts      one column of 0 and 1 a category\n  NaN, inf   refused, with row and column',
      'A model remembers how its columns were made. When it predicts, columns may come in any order and others are ignored; a column that it needs and does not find is an error. A category never seen is coded as none of those known, with a note.',
    ],
  },
  'exit-codes': {
    about: 'how a run ends',
    text: [
      '  0  done\n  1  failure, or a certificate that does not hold\n  2  usage or refused input: nothing was written\n  3  stopped before the gap asked for\n     (--max-time, Ctrl-C): the best so far is written',
      'With --json, errors are printed as one object on standard output too: { command, status: "error", error: { code, message } }.',
    ],
  },
  config: {
    about: 'options from a file',
    text: [
      'nadir fit --config run.yaml takes options by their long names from a YAML file. Flags beat the file, the file beats defaults; --print-config shows the outcome.',
      '  data: houses.csv\n  target: price\n  features: [rooms, area, town]\n  lambda: 0.05max\n  valid-fraction: 0.25\n  seed: 1',
      'A run folder holds the config.yaml that makes the run again, to the last bit. nadir config --schema prints the JSON Schema for editors; nadir config run.yaml checks a file.',
    ],
  },
}
