import { defineConfig, type ViteUserConfig } from 'vitest/config'
import quick from './vitest.config.ts'

// Everything there is: the quick projects, Chromium (`npm run test:browser`), and the slow runs of test/full.
const shared = { resolve: { conditions: ['source'] }, ssr: { resolve: { conditions: ['source'] } } }

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      ...(quick.test?.projects ?? []),
      {
        ...shared,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      { ...shared, test: { name: 'full', include: ['test/full/**/*.test.ts'], testTimeout: 1_800_000 } },
    ],
  },
})

export default config
