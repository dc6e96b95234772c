import { fileURLToPath } from 'node:url';

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// VOLTFLEET_URL names the gateway that `npm run dev` passes the API's requests on to.
const gateway = process.env['VOLTFLEET_URL'] ?? 'http://127.0.0.1:8080';
const passedOn = ['/ocpp', '/ocpi', '/admin', '/me', '/live', '/ui/schemas', '/docs', '/openapi.json'];

type ModuleInfoOf = (id: string) => { importedIds: readonly string[] } | null;

/** Every module that the shell or the fleet's page imports, however far off. */
function firstPage(infoOf: ModuleInfoOf): ReadonlySet<string> {
  const root = fileURLToPath(new URL('src/', import.meta.url));
  const found = new Set<string>();
  const waiting = [`${root}main.ts`, `${root}pages/Fleet.svelte`];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    waiting.push(...(infoOf(id)?.importedIds ?? []));
  }
  return found;
}

export default defineConfig({
  base: '/ui/',
  plugins: [svelte()],
  build: {
    outDir: '../src/voltfleet/dashboard/static',
    emptyOutDir: true,
    target: 'es2022',
    // The Content-Security-Policy of the gateway allows no inline script and no data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The shell and the first page are one file of each kind: a gateway speaks HTTP/1.1, and a dozen
    // small files would keep the questions to the API waiting.
    cssCodeSplit: false,
    rollupOptions: {
      output: {
        manualChunks: (id, { getModuleInfo }) => (firstPage(getModuleInfo).has(id) ? 'app' : null),
        experimentalMinChunkSize: 6_000,
      },
    },
    reportCompressedSize: false,
  },
  server: { proxy: Object.fromEntries(passedOn.map((path) => [path, gateway])) },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
});
