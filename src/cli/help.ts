/**
 * `nadir help`: the help of a verb, or a page about a topic.
 * @module
 */
import type { Command } from 'commander'
import { suggestion } from '../data/suggest.ts'
import { DomainError } from '../errors.ts'
import { addCommon, type CommonOptions } from './options.ts'
import { columns, jsonText, wrap } from './output.ts'
import type { Session } from './session.ts'
import { TOPICS } from './topics.ts'

/** Adds the command. */
export function addHelp(program: Command, { io }: Session): void {
  addCommon(program.command('help'))
    .description('help for a verb, or about a topic: certificates, lambda, data, config, exit-codes')
    .argument('[name]', 'a verb or a topic')
    .addHelpText('after', '\nExample:\n  nadir help certificates\n')
    .action((name: string | undefined, options: CommonOptions) => {
      const verb = program.commands.find(command => command.name() === name)
      const topic = name !== undefined && Object.hasOwn(TOPICS, name) ? TOPICS[name] : undefined
      if (name !== undefined && verb === undefined && topic === undefined)
        throw new DomainError(
          `help: there is no verb and no topic "${name}". ${suggestion(name, [...program.commands.map(command => command.name()), ...Object.keys(TOPICS)])}`,
          'E_USAGE',
        )
      const text =
        topic !== undefined
          ? `${topic.text.map(part => (part.startsWith('  ') ? part : wrap(part, { most: io.width }))).join('\n\n')}\n`
          : `${(verb ?? program).helpInformation()}${name === undefined ? topicList(io.width) : ''}`
      if (options.json)
        return io.out(jsonText({ command: 'help', status: 'done', name: name ?? null, text, outputs: [] }))
      // Commander adds the examples of a verb only when it prints itself.
      if (verb !== undefined && topic === undefined) return verb.outputHelp()
      io.out(text)
    })
}

/** What topics there are. */
export function topicList(width?: number): string {
  return `\nTopics (nadir help <topic>):\n${columns(
    ['', ''],
    Object.entries(TOPICS).map(([name, { about }]) => [`  ${name}`, about]),
    width,
  ).replace(/^\n/, '')}`
}
