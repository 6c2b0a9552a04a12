/**
 * `nadir completion`: a script by which a shell completes verbs, options, and the values an option may have.
 *
 * The script is made of the commands themselves, so it knows what this version knows. Files are completed by the shell.
 * @module
 */
import { Argument, type Command } from 'commander'
import { addCommon, type CommonOptions } from './options.ts'
import { jsonText } from './output.ts'
import type { Session } from './session.ts'
import { TOPICS } from './topics.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

/** Adds the command. */
export function addCompletion(program: Command, { io }: Session): void {
  addCommon(program.command('completion'))
    .description('print a script that completes verbs and options in bash, zsh or fish')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText(
      'after',
      '\nExamples:\n  nadir completion bash >> ~/.bashrc\n  nadir completion zsh > "$fpath[1]/_nadir"\n  nadir completion fish > ~/.config/fish/completions/nadir.fish\n',
    )
    .action((shell: Shell, options: CommonOptions) => {
      const script = SCRIPTS[shell](verbsOf(program))
      io.out(options.json ? jsonText({ command: 'completion', status: 'done', shell, script, outputs: [] }) : script)
    })
}

interface Flag {
  readonly names: readonly string[]
  readonly about: string
  readonly takes: boolean
  readonly values: readonly string[]
}

interface Verb {
  readonly name: string
  readonly about: string
  readonly flags: readonly Flag[]
  /** What may come as an argument beside files. */
  readonly words: readonly string[]
}

function verbsOf(program: Command): Verb[] {
  const verbs = program.commands.map((command): Verb => {
    const flags = command.options.map(
      ({ short, long, description, argChoices, required, optional }): Flag => ({
        names: [short, long].filter(name => name !== undefined),
        about: description,
        takes: required || optional,
        values: argChoices ?? [],
      }),
    )
    const words = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? [])
    return {
      name: command.name(),
      about: command.description(),
      flags: [...flags, { names: ['-h', '--help'], about: 'help', takes: false, values: [] }],
      words,
    }
  })
  const names = verbs.map(({ name }) => name)
  return verbs.map(verb => (verb.name === 'help' ? { ...verb, words: [...names, ...Object.keys(TOPICS)] } : verb))
}

const SCRIPTS: Record<Shell, (verbs: readonly Verb[]) => string> = {
  bash: verbs => `# Completion of nadir in bash.
_nadir() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words="" values=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${verbs.map(({ name }) => name).join(' ')} --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]} $before" in
${verbs
  .flatMap(({ name, flags }) =>
    flags
      .filter(({ values }) => values.length > 0)
      .map(
        ({ names, values }) =>
          `    ${names.map(each => `"${name} ${each}"`).join('|')}) values="${values.join(' ')}" ;;\n`,
      ),
  )
  .join('')}  esac
  if [ -n "$values" ]; then
    COMPREPLY=($(compgen -W "$values" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${verbs
  .map(({ name, flags, words }) => {
    const options = flags.flatMap(({ names }) => names.filter(each => each.startsWith('--')))
    return `    ${name}) if [[ "$word" == -* ]]; then words="${options.join(' ')}"; else words="${words.join(' ')}"; fi ;;\n`
  })
  .join('')}  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [[ "$word" != -* ]]; then COMPREPLY+=($(compgen -f -- "$word")); fi
}
complete -o filenames -F _nadir nadir
`,
  zsh: verbs => `#compdef nadir
# Completion of nadir in zsh.
_nadir() {
  local -a verbs
  verbs=(
${verbs.map(({ name, about }) => `    ${quoted(`${name}:${plain(about)}`)}\n`).join('')}  )
  if (( CURRENT == 2 )); then
    _describe 'verb' verbs
    return
  fi
  case "$words[2]" in
${verbs
  .map(({ name, flags, words }) => {
    const specs = flags.flatMap(({ names, about, takes, values }) =>
      names.map(each => {
        const action = values.length > 0 ? `(${values.join(' ')})` : '_files'
        return quoted(`${each}[${plain(about)}]${takes ? `:value:${action}` : ''}`)
      }),
    )
    const rest = words.length > 0 ? `*:word:(${words.join(' ')})` : '*:file:_files'
    return `    ${name}) shift words; (( CURRENT-- )); _arguments ${[...specs, quoted(rest)].join(' \\\n      ')} ;;\n`
  })
  .join('')}  esac
}
if [ "$funcstack[1]" = "_nadir" ]; then _nadir "$@"; else compdef _nadir nadir; fi
`,
  fish: verbs => `# Completion of nadir in fish.
${verbs
  .map(({ name, about, flags, words }) =>
    [
      `complete -c nadir -n __fish_use_subcommand -f -a ${name} -d ${quoted(plain(about))}\n`,
      ...(words.length > 0
        ? [`complete -c nadir -n '__fish_seen_subcommand_from ${name}' -f -a ${quoted(words.join(' '))}\n`]
        : []),
      ...flags.map(({ names, about: what, takes, values }) => {
        const parts = names.map(each => (each.startsWith('--') ? `-l ${each.slice(2)}` : `-s ${each.slice(1)}`))
        const value = takes ? (values.length > 0 ? ` -x -a ${quoted(values.join(' '))}` : ' -r') : ''
        return `complete -c nadir -n '__fish_seen_subcommand_from ${name}' ${parts.join(' ')}${value} -d ${quoted(plain(what))}\n`
      }),
    ].join(''),
  )
  .join('')}`,
}

/** A text without what shells' descriptions give a meaning to. */
function plain(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, ' ').replaceAll(/\s+/g, ' ')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`
}
