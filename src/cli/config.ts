/**
 * --config and --print-config of the verbs that train, and `nadir config`, which checks a file or prints the schema.
 *
 * Flags beat the file, the file beats defaults. A run folder holds the config.yaml that makes the run again.
 * @module
 */
import { join } from 'node:path'
import { type Command, CommanderError, InvalidArgumentError, type Option } from 'commander'
import { stringify } from 'yaml'
import { DomainError } from '../errors.ts'
import { CONFIG_NAME } from '../formats/runFolder.ts'
import { addCommon, type CommonOptions, type Lambda } from './options.ts'
import { jsonText, note } from './output.ts'
import { CONFIG_KEYS, configSchema, type RunConfig, readConfig } from './runConfig.ts'
import type { Session } from './session.ts'

/** --config and --print-config; the command's first argument must be `[data...]`. */
export function addConfig(command: Command, { io }: Session): Command {
  return command
    .option('--config <file>', 'YAML file of options, by their long names; flags beat it')
    .option('--print-config', 'print the options in force as YAML, and do nothing else')
    .hook('preAction', async (_, acting) => {
      const flags = acting.opts<{ config?: string; printConfig?: boolean; quiet?: boolean; resume?: string }>()
      const { printConfig, quiet, resume } = flags
      // A run that goes on does so with its own options.
      const config = flags.config ?? (resume === undefined ? undefined : join(resume, CONFIG_NAME))
      if (config !== undefined) {
        const idle = apply(acting, await readConfig(config), config)
        if (idle.length > 0 && !quiet)
          note(io, `${acting.name()} does not use ${idle.join(', ')}, which ${config} gives.`)
      }
      if (!printConfig) return
      io.out(configText(optionsInForce(acting)))
      throw new CommanderError(0, 'nadir.printed', '')
    })
}

/** The options of a command as a configuration file would give them. */
export function optionsInForce(command: Command): RunConfig {
  const [paths] = command.processedArgs as [readonly string[]]
  const found: Record<string, unknown> = paths.length > 0 ? { data: paths.length === 1 ? paths[0] : paths } : {}
  for (const option of command.options) {
    const value: unknown = command.getOptionValue(option.attributeName())
    const key = CONFIG_KEYS.find(name => name === keyOf(option))
    if (value !== undefined && key !== undefined) found[key] = plain(value)
  }
  return inOrder(found)
}

/** A configuration as YAML, keys in the order of the schema. */
export function configText(config: RunConfig): string {
  // Quoted, since readers of older YAML take words such as yes for truth values.
  return stringify(inOrder(config), { lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' })
}

/** Adds the command. */
export function addConfigCommand(program: Command, { io }: Session): void {
  addCommon(program.command('config'))
    .description('check a configuration file, or print the schema of such files')
    .argument('[file]', 'a YAML file as --config takes it')
    .option('--schema', 'print the JSON Schema')
    .addHelpText('after', '\nExamples:\n  nadir config --schema > nadir.schema.json\n  nadir config run.yaml\n')
    .action(async (file: string | undefined, options: CommonOptions & { schema?: boolean }) => {
      if ((file === undefined) === (options.schema !== true))
        throw new DomainError('config: give a file to check, or --schema. Try nadir config run.yaml.', 'E_USAGE')
      const config = file === undefined ? null : inOrder(await readConfig(file))
      if (options.json)
        return io.out(
          jsonText({
            command: 'config',
            status: 'done',
            ...(config === null ? { schema: configSchema() } : { config }),
            outputs: [],
          }),
        )
      io.out(config === null ? jsonText(configSchema()) : configText(config))
    })
}

/** Takes over what the file gives and no flag does; gives back the keys that the command does not take. */
function apply(command: Command, config: RunConfig, file: string): string[] {
  const idle: string[] = []
  for (const [key, value] of Object.entries(config)) {
    if (key === 'data') {
      const [given] = command.processedArgs as [readonly string[]]
      if (given.length === 0) command.processedArgs[0] = [value].flat()
      continue
    }
    const option = command.options.find(each => keyOf(each) === key)
    if (option === undefined) idle.push(key)
    else if (command.getOptionValueSource(option.attributeName()) !== 'cli')
      command.setOptionValueWithSource(option.attributeName(), parsed(key, value, file, option.parseArg), 'config')
  }
  return idle
}

/** Its long name; of --no-standardise what it turns off. */
function keyOf(option: Option): string {
  return option.negate ? option.name().replace(/^no-/, '') : option.name()
}

type Parse = ((text: string, previous: never) => unknown) | undefined

function parsed(key: string, value: unknown, file: string, parse: Parse): unknown {
  // A list of columns is taken as it is: names may hold commas.
  if (key === 'features' || key === 'exclude') return [value].flat()
  if (typeof value === 'boolean') return value
  if (parse === undefined) return String(value)
  try {
    return parse(String(value), undefined as never)
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    throw new DomainError(`config: ${key} in ${file}: ${error.message}`, 'E_CONFIG')
  }
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const { value: number, unit } = value as Lambda
  return unit === 'lambdaMax' ? `${number}max` : number
}

function inOrder(config: Readonly<Record<string, unknown>>): RunConfig {
  return Object.fromEntries(
    CONFIG_KEYS.flatMap(key => (config[key] === undefined ? [] : [[key, config[key]]])),
  ) as RunConfig
}
