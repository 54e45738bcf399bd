import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

/** What has to be there once each: the daemon fills the first and puts the document in place of the second. */
const PLACES = ['<script type="application/json" id="data"></script>', '<!--document-->'];

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Script and style into the page itself, and a policy that allows just these two, and no network. */
function oneFile(): Plugin {
  return {
    name: 'one-file',
    enforce: 'post',
    generateBundle(_, bundle) {
      const all = Object.values(bundle);
      const html = all.find((f) => f.type === 'asset' && f.fileName === 'report.html');
      const scripts = all.filter((f) => f.type === 'chunk');
      const styles = all.filter((f) => f.type === 'asset' && f.fileName.endsWith('.css'));
      const [script, style] = [scripts[0], styles[0]];
      if (html?.type !== 'asset' || script?.type !== 'chunk' || style?.type !== 'asset' || all.length !== 3)
        this.error(
          `the report has to be of one page, one script and one style, not ${all.map((f) => f.fileName)}`,
        );
      // Nothing in it may end the element or look like a place of the daemon's.
      const code = script.code.replace(/<(?=\/script|!--|script)/gi, '\\x3c');
      const css = String(style.source);
      const policy = `default-src 'none'; script-src ${hashOf(code)}; style-src ${hashOf(css)}; img-src data: blob:; base-uri 'none'; form-action 'none'`;
      const page = String(html.source)
        .replace(/\s*<script type="module"[^>]*><\/script>/, '')
        .replace(/\s*<link rel="stylesheet"[^>]*>/, '')
        .replace(
          '<meta charset="utf-8" />',
          (meta) => `${meta}\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`,
        )
        .replace('</head>', () => `  <style>${css}</style>\n  </head>`)
        .replace('</body>', () => `  <script type="module">${code}</script>\n  </body>`);
      for (const place of PLACES)
        if (page.split(place).length !== 2) this.error(`the report does not have ${place} once`);
      html.source = page;
      delete bundle[script.fileName];
      delete bundle[style.fileName];
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [oneFile()],
  esbuild: { legalComments: 'none' },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: false,
    emptyOutDir: false,
    copyPublicDir: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
    rollupOptions: {
      input: fileURLToPath(new URL('report.html', import.meta.url)),
      output: { inlineDynamicImports: true },
    },
  },
});
