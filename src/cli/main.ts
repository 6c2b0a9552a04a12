#!/usr/bin/env node
/**
 * The executable: this process's streams, and its exit code.
 * @module
 */
import { processIo } from './io.ts'
import { run } from './run.ts'

process.exitCode = await run(process.argv.slice(2), processIo())
