/**
 * What the structure tests look at: the files of the repository and the imports in them, read with TypeScript's parser.
 * @module
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** Root of the repository. */
export const root: string = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

const SKIPPED = new Set([
  'node_modules',
  'dist',
  '.git',
  'coverage',
  'runs',
  'assembly',
  'generated',
  'results',
  '.venv',
])

/** Files below `folder` (relative to the root) that end in `extension`, as paths relative to the root, sorted. */
export function filesBelow(folder: string, extension: string): string[] {
  const start = join(root, folder)
  if (!existsSync(start)) return []
  const found: string[] = []
  const visit = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (SKIPPED.has(entry.name)) continue
      const path = join(directory, entry.name)
      if (entry.isDirectory()) visit(path)
      else if (entry.name.endsWith(extension)) found.push(relative(root, path))
    }
  }
  visit(start)
  return found.sort()
}

/** Text of a file given relative to the root. */
export function textOf(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

/** One import or re-export: what it names, whether it waits for run time, and where it stands. */
export interface Import {
  readonly specifier: string
  readonly dynamic: boolean
  readonly line: number
}

/** Every module that `text` names: import, export … from, import() and type imports. */
export function importsOf(file: string, text: string = textOf(file)): Import[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found: Import[] = []
  const add = (node: ts.Node, dynamic: boolean): void => {
    if (!ts.isStringLiteralLike(node)) return
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1
    found.push({ specifier: node.text, dynamic, line })
  }
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier)
      add(node.moduleSpecifier, false)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword && node.arguments[0])
      add(node.arguments[0], true)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, false)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** Names of free identifiers among `names` that `text` reads, with their lines; `typeof name` guards do not count. */
export function globalsOf(file: string, names: ReadonlySet<string>, text: string = textOf(file)): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isTypeOfExpression(node)) return
    if (ts.isIdentifier(node) && names.has(node.text) && !isPropertyName(node))
      found.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${node.text}`)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** Places where `text` reads `object.property`, such as Math.random. */
export function readsOf(file: string, object: string, property: string, text: string = textOf(file)): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) && node.name.text === property && node.expression.getText() === object)
      found.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function isPropertyName(node: ts.Identifier): boolean {
  const parent = node.parent
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node
  if (ts.isQualifiedName(parent)) return parent.right === node
  return (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) && parent.name === node
}

/** The pages of documentation: Markdown at the root and below docs/, data/ and examples/. */
export function pages(): string[] {
  const top = readdirSync(root).filter(name => name.endsWith('.md'))
  return [...top, ...['docs', 'data', 'examples'].flatMap(folder => filesBelow(folder, '.md'))].sort()
}
