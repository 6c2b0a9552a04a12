/**
 * The system's Chromium, driven by playwright-core and kept from talking to anybody.
 * @module
 */
import { type Browser, chromium } from 'playwright-core'

const FLAGS = [
  '--no-sandbox',
  '--headless',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Starts it; NADIR_CHROMIUM names another executable than /usr/bin/chromium. */
export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.NADIR_CHROMIUM ?? '/usr/bin/chromium', args: FLAGS })
}
