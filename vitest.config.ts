import { defineConfig, type ViteUserConfig } from 'vitest/config'

// Three projects: `unit` (the mathematics and the product), `pages` (examples and the commands of the documentation run), and
// `structure` (layers, exports, docs), which `npm run check` runs alone.
const shared = { resolve: { conditions: ['source'] }, ssr: { resolve: { conditions: ['source'] } } }

const config: ViteUserConfig = defineConfig({
  test: {
    // One process a core: by default one core is left idle, of two half the machine.
    maxWorkers: '100%',
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
          exclude: ['test/structure/**', 'test/pages/**', 'test/full/**', 'test/browser/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      { ...shared, test: { name: 'pages', include: ['test/pages/**/*.test.ts'], testTimeout: 60_000 } },
      { ...shared, test: { name: 'structure', include: ['test/structure/**/*.test.ts'], testTimeout: 60_000 } },
    ],
  },
})

export default config
