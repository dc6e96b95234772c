import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// VOLTFLEET_URL names the gateway that `npm run dev` passes the API's requests on to.
const gateway = process.env['VOLTFLEET_URL'] ?? 'http://127.0.0.1:8080';
const passedOn = ['/ocpp', '/ocpi', '/admin', '/me', '/live', '/ui/schemas', '/docs', '/openapi.json'];

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
    reportCompressedSize: false,
  },
  server: { proxy: Object.fromEntries(passedOn.map((path) => [path, gateway])) },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
});
