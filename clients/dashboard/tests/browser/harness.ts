// The pages in Debian's Chromium, against a daemon that runs (BENCHD_URL). Between both is a door that tests
// can shut. The daemon serves the pages itself; BENCHD_UI_DIR gives them from a directory instead.
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import zlib from 'node:zlib';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
  "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};
const CHROMIUM = process.env.BENCHD_CHROMIUM ?? '/usr/bin/chromium';

export interface Door {
  url: string;
  /** Nothing gets through, and what is open is cut off. */
  shut: () => void;
  open: () => void;
  /** Streams are refused; all else gets through. */
  refuseStreams: (on: boolean) => void;
  /** How many streams of events are open. */
  streams: () => number;
  close: () => void;
}

function fileFor(dir: string, url: string): string {
  const wanted = url === '/docs' ? 'docs.html' : url.replace(/^\/ui\/?/, '') || 'index.html';
  const file = path.join(dir, path.normalize(wanted));
  return fs.existsSync(file) && fs.statSync(file).isFile() ? file : path.join(dir, 'index.html');
}

export async function makeDoor(daemon: string, dir: string | undefined): Promise<Door> {
  const to = new URL(daemon);
  let streams = 0;
  let shut = false;
  let noStreams = false;
  const server = http.createServer((request, reply) => {
    const url = request.url ?? '/';
    const own = url === '/docs' || url.startsWith('/ui');
    if (shut) {
      request.socket.destroy();
      return;
    }
    if (own && dir) {
      const file = fileFor(dir, url.replace(/\?.*/, ''));
      reply.writeHead(200, {
        'Content-Type': TYPES[path.extname(file)] ?? 'text/plain',
        'Content-Security-Policy': POLICY,
        'Content-Encoding': 'gzip',
      });
      fs.createReadStream(file).pipe(zlib.createGzip()).pipe(reply);
      return;
    }
    if (request.headers.accept === 'text/event-stream') {
      if (noStreams) {
        reply.writeHead(502).end('no streams here');
        return;
      }
      streams++;
      reply.on('close', () => streams--);
    }
    const on = http.request(
      {
        host: to.hostname,
        port: to.port,
        path: url,
        method: request.method,
        headers: { ...request.headers, host: to.host },
      },
      (answer) => {
        reply.writeHead(answer.statusCode ?? 502, answer.headers);
        reply.flushHeaders();
        answer.pipe(reply);
      },
    );
    on.on('error', () => reply.destroy());
    reply.on('close', () => on.destroy());
    request.pipe(on);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shut: () => {
      shut = true;
      server.closeAllConnections();
    },
    open: () => {
      shut = false;
    },
    refuseStreams: (on) => {
      noStreams = on;
      server.closeAllConnections();
    },
    streams: () => streams,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

export interface Seen {
  page: Page;
  /** What the console said as an error or a warning, and errors of scripts. */
  words: string[];
  /** Requests that went anywhere but to the door. */
  outside: string[];
}

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });

export async function see(browser: Browser, door: Door, options: BrowserContextOptions = {}): Promise<Seen> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const seen: Seen = { page, words: [], outside: [] };
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') seen.words.push(message.text());
  });
  page.on('pageerror', (error) => seen.words.push(String(error)));
  page.on('request', (request) => {
    const url = request.url();
    if (url.startsWith('http') && !url.startsWith(door.url)) seen.outside.push(url);
  });
  return seen;
}

const axeSource = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds against WCAG 2.1 AA and good practice, one line each. */
export async function axe(page: Page, without: readonly string[] = []): Promise<string[]> {
  await page.evaluate(axeSource);
  return page.evaluate(async (rules) => {
    const tool = (globalThis as unknown as { axe: { run: (d: Document, o: unknown) => Promise<AxeResult> } })
      .axe;
    type AxeResult = { violations: { id: string; nodes: { html: string }[] }[] };
    const result = await tool.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
      rules: Object.fromEntries(rules.map((rule) => [rule, { enabled: false }])),
    });
    return result.violations.map((v) => `${v.id}: ${v.nodes[0]?.html.slice(0, 200)}`);
  }, without);
}

/** Wider than the window: what readers would have to scroll sideways for. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
