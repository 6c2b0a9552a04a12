/**
 * The site (`npm run docs:site`): what TypeDoc has to be told beside typedoc.json. The pages of docs/ in the order of reading, a
 * page for every example, entry points by the names under which they are imported, and addresses that follow the files.
 *
 * A plugin of TypeDoc, and so JavaScript: TypeDoc imports it in plain Node.
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import {
  Application,
  Comment,
  CommentTag,
  Converter,
  MinimalSourceFile,
  ReflectionKind,
  StructureRouter,
} from 'typedoc'

/** Titles of the navigation and their files, in order; `*.md` stands for those that are not named before. */
const SECTIONS = [
  [
    'Guide',
    [
      'docs/guide/first-network.md',
      'docs/guide/lambda.md',
      'docs/guide/certificates.md',
      'docs/guide/command-line.md',
      'docs/guide/data.md',
      'docs/guide/report.md',
      'docs/guide/from-scikit-learn.md',
      'docs/guide/from-pytorch.md',
      'docs/guide/deploying.md',
      'docs/guide/*.md',
    ],
  ],
  ['How to choose', ['docs/how-to-choose/model.md', 'docs/how-to-choose/*.md']],
  ['Systems and their mathematics', ['FEATURES.md', 'docs/math/relu.md', 'docs/math/gated-relu.md', 'docs/math/*.md']],
  ['Examples', ['examples/README.md', 'examples/readme.ts', 'examples/first-network.ts', 'examples/*.ts']],
  ['Speed', ['bench/README.md', 'docs/bench/*.md']],
  ['Data sets', ['data/README.md', 'data/*.md']],
  ['The project', ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md']],
]
const API = 'API reference'

/** The files of a section, each once. */
function filesOf(patterns) {
  const files = new Set()
  for (const pattern of patterns) {
    if (!pattern.includes('*')) files.add(pattern)
    else {
      const [folder, ending] = pattern.split('/*')
      for (const name of namesIn(folder)) if (name.endsWith(ending)) files.add(`${folder}/${name}`)
    }
  }
  return [...files]
}

function namesIn(folder) {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    if (error.code === 'ENOENT') return []
    throw error
  }
}

/** An example as a page: its question, what it says to it, and the code that runs. */
function examplePage(file, text) {
  const [, comment, code] = /^\/\*\*\n([\s\S]*?) \*\/\n([\s\S]*)$/.exec(text) ?? []
  if (comment === undefined) throw new Error(`site: an example opens with the question it answers; ${file} does not.`)
  const [question, ...answer] = comment
    .replaceAll(/^ \* ?/gm, '')
    .trim()
    .split('\n')
  const shown = code.replaceAll(/^\s*\/\/ #(end)?region.*\n/gm, '')
  const run = `npx tsx --conditions=source ${file}`
  return `# ${question}\n${answer.join('\n')}\n\n\`\`\`ts\n${shown}\`\`\`\n\nTo run it: \`${run}\`. The tests do.\n`
}

/** The text of the first heading, without Markdown. */
function titleOf(text, file) {
  const [, title] = /^# (.+)$/m.exec(text) ?? []
  if (title === undefined) throw new Error(`site: a page opens with a heading; ${file} does not.`)
  return title.replaceAll(/[`*]/g, '')
}

/** @param {import('typedoc').Application} app */
export function load(app) {
  // After typedoc.json was read, which would put it back.
  app.on(Application.EVENT_BOOTSTRAP_END, () =>
    app.options.setValue('groupOrder', [...SECTIONS.map(([title]) => title), API]),
  )
  /** Address of each page, by its reflection. */
  const addresses = new Map()

  app.converter.on(Converter.EVENT_CREATE_PROJECT, (context, project) => {
    for (const [group, patterns] of SECTIONS)
      for (const file of filesOf(patterns)) {
        const text = readFileSync(file, 'utf8')
        const page = file.endsWith('.ts') ? examplePage(file, text) : text
        context.converter.addDocument(project, new MinimalSourceFile(page, resolve(file)), titleOf(page, file))
        const added = project.documents.at(-1)
        added.frontmatter.group = group
        addresses.set(added, file.replace(/^docs\//, '').replace(/\.\w+$/, ''))
      }
  })

  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const entry of project.getChildrenByKind(ReflectionKind.Module)) {
      entry.name = entry.name === 'index' ? 'nadir' : `nadir/${basename(entry.name)}`
      entry.comment ??= new Comment()
      entry.comment.blockTags.push(new CommentTag('@group', [{ kind: 'text', text: API }]))
    }
  })

  app.renderer.defineRouter(
    'nadir',
    class extends StructureRouter {
      getIdealBaseName(reflection) {
        return addresses.get(reflection) ?? super.getIdealBaseName(reflection).replace(/^nadir/, 'api')
      }

      /** The first page by its file, since without a server a folder is no page. */
      baseRelativeUrl(from, target) {
        return super.baseRelativeUrl(from, target === './' ? 'index.html' : target)
      }
    },
  )
}
