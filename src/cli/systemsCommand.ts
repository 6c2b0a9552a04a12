/**
 * `nadir systems`: what there is, and in what state.
 * @module
 */
import { type Command, Option } from 'commander'
import { addCommon, type CommonOptions } from './options.ts'
import { columns, jsonText } from './output.ts'
import type { Session } from './session.ts'
import { systems } from './systems.ts'

/** Adds the command. */
export function addSystems(program: Command, { io }: Session): void {
  addCommon(program.command('systems'))
    .description('list the systems of the field: paper, verb, what its certificate covers, state')
    .addOption(new Option('--state <state>', 'only those in this state').choices(['done', 'partial', 'not']))
    .addHelpText('after', '\nExample:\n  nadir systems --state partial\n')
    .action((options: CommonOptions & { state?: string }) => {
      const chosen = systems
        .map((system, i) => ({ number: i + 1, ...system }))
        .filter(({ state }) => options.state === undefined || state === options.state)
      if (options.json) return io.out(jsonText({ command: 'systems', status: 'done', systems: chosen }))
      io.out(
        columns(
          ['#', 'system', 'verb', 'certificate', 'state', 'paper'],
          chosen.map(s => [String(s.number), s.name, s.verb, s.scope, s.state, s.paper]),
          io.width,
        ),
      )
      const count = (state: string) => systems.filter(s => s.state === state).length
      if (!options.quiet)
        io.out(`\n${count('done')} done, ${count('partial')} partial, ${count('not')} not yet, of ${systems.length}.\n`)
    })
}
