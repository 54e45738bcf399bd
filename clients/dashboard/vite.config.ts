import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const daemon = process.env.BENCHD_URL ?? 'http://127.0.0.1:8765';
const page = (name: string) => fileURLToPath(new URL(name, import.meta.url));

// The daemon serves what comes out at /ui/; /docs is docs.html of the same build.
export default defineConfig({
  base: '/ui/',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    target: 'es2022',
    // Nothing inline: the policy that the pages are served with forbids it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Plot and the API reference are big; neither is part of the first load.
    chunkSizeWarningLimit: 2000,
    reportCompressedSize: false,
    rollupOptions: { input: { index: page('index.html'), docs: page('docs.html') } },
  },
  server: {
    // docs/examples are part of the pages.
    fs: { allow: ['../..'] },
    proxy: Object.fromEntries(
      ['/v1', '/openapi.json', '/healthz', '/readyz', '/metrics'].map((path) => [path, daemon]),
    ),
  },
});
