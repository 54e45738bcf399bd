// Called by meson: node build.mjs OUTPUT DEPFILE. Makes the directory OUTPUT: the pages, each file with a
// compressed one beside it, and the licences of what is in them. Packages are fetched by `npm ci` when
// package-lock.json is another than that of the last time.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const [output, depfile] = process.argv.slice(2).map((name) => path.resolve(name));
const here = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const lock = path.join(here, 'package-lock.json');
const modules = path.join(here, 'node_modules');

function run(program, ...words) {
  const { status, error } = spawnSync(program, words, { cwd: here, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) return;
  const why = error ? error.message : `it ended with ${status}`;
  process.stderr.write(
    `dashboard: ${[program, ...words].join(' ')} failed: ${why}. meson configure -Dui=disabled builds without it.\n`,
  );
  process.exit(1);
}

function fetchPackages() {
  const wanted = createHash('sha256').update(fs.readFileSync(lock)).digest('hex');
  const mark = path.join(modules, '.fetched');
  if (fs.existsSync(mark) && fs.readFileSync(mark, 'utf8') === wanted) return;
  run('npm', 'ci', '--no-audit', '--no-fund', '--ignore-scripts');
  fs.writeFileSync(mark, wanted);
}

function filesBelow(dir) {
  return fs
    .readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function compress(dir) {
  for (const file of filesBelow(dir)) {
    const small = gzipSync(fs.readFileSync(file), { level: 9 });
    if (small.length < fs.statSync(file).size) fs.writeFileSync(`${file}.gz`, small);
  }
}

// Of every package that may be in the pages, as their licences ask for.
function licences(file) {
  const { packages } = JSON.parse(fs.readFileSync(lock, 'utf8'));
  const texts = Object.entries(packages)
    .filter(([place, about]) => place !== '' && !about.dev && !about.optional)
    .map(([place, about]) => {
      const dir = path.join(here, place);
      const found = fs
        .readdirSync(dir)
        .filter((name) => /^(licen[cs]e|notice|copying)/i.test(name))
        .sort();
      const words = found.map((name) => fs.readFileSync(path.join(dir, name), 'utf8').trim());
      return [`${place.replace(/^.*node_modules\//, '')} ${about.version} (${about.license})`, ...words].join(
        '\n\n',
      );
    });
  fs.writeFileSync(file, `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
}

fetchPackages();
const fresh = `${output}.new`;
fs.rmSync(fresh, { recursive: true, force: true });
run('npm', 'run', '--silent', 'types');
// The pages, then the report's one file beside them.
for (const config of ['vite.config.ts', 'vite.report.config.ts']) {
  const words = [
    'build',
    '--config',
    config,
    '--outDir',
    fresh,
    '--emptyOutDir',
    'false',
    '--logLevel',
    'warn',
  ];
  run(process.execPath, path.join(modules, 'vite/bin/vite.js'), ...words);
}
licences(path.join(fresh, 'licences.txt'));
compress(fresh);
fs.rmSync(output, { recursive: true, force: true });
fs.renameSync(fresh, output);

const inputs = [
  ...filesBelow(path.join(here, 'src')).filter((name) => !name.endsWith('contract.d.ts')),
  ...[
    'index.html',
    'docs.html',
    'report.html',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'vite.config.ts',
    'vite.report.config.ts',
  ].map((name) => path.join(here, name)),
  path.resolve(here, '../../api/openapi.yaml'),
  path.resolve(here, '../../lib/report/report.css'),
  ...filesBelow(path.resolve(here, '../../docs/examples')).filter((name) => name.endsWith('.yaml')),
];
const escaped = inputs.map((name) => name.replace(/[ #$]/g, (c) => (c === '$' ? '$$' : `\\${c}`)));
fs.writeFileSync(depfile, `${path.relative(process.cwd(), output)}: ${escaped.join(' ')}\n`);
const moment = new Date();
fs.utimesSync(output, moment, moment);
