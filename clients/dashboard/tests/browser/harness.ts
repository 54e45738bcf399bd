// The pages in Debian's Chromium, against a daemon that runs (BENCHD_URL). Between both is a door that tests
// can shut.
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

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

export async function makeDoor(daemon: string): Promise<Door> {
  const to = new URL(daemon);
  let streams = 0;
  let shut = false;
  let noStreams = false;
  const server = http.createServer((request, reply) => {
    if (shut) {
      request.socket.destroy();
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
    const headers: http.OutgoingHttpHeaders = { ...request.headers, host: to.host };
    if (headers.origin) headers.origin = to.origin; // as of the daemon's own pages
    const on = http.request(
      {
        host: to.hostname,
        port: to.port,
        path: request.url,
        method: request.method,
        headers,
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
