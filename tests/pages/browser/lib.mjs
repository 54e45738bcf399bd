// A browser for checks of the pages: Debian's Chromium by playwright-core, with guards that hold on every page.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const require = createRequire(path.join(root, 'clients/dashboard/package.json'));
const { chromium } = require('playwright-core');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** Until a check gives up on what has to come. */
export const PATIENCE_MS = 15_000;

export class Wrong extends Error {}

export function ensure(holds, words) {
  if (!holds) throw new Wrong(words);
}

/** Waits until it holds, for what no locator waits for. */
export async function until(holds, words, ms = PATIENCE_MS) {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((done) => setTimeout(done, 100)))
    if (await holds()) return;
  throw new Wrong(`not within ${ms} ms: ${words}`);
}

export const launch = () =>
  chromium.launch({
    executablePath: process.env.BENCHD_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });

/** Links of clusters that come and go on this host; pages go on after it, and other things than pages do so, too. */
const LINKS_CHANGED = /ERR_NETWORK_CHANGED/;
/** What is written is planned as it is written, and refused while it is not whole; the browser notes that. */
const NOT_WHOLE = /status of 422 .*\/v1\/plans\)/;

/** The daemon, or what is between, is away. */
export const LOST = [
  /ERR_CONNECTION_REFUSED/,
  /ERR_EMPTY_RESPONSE/,
  /ERR_CONNECTION_RESET/,
  /ERR_INCOMPLETE_CHUNKED_ENCODING/,
];

/** A page whose faults are noted: errors on the console, scripts that fail, broken policy, requests elsewhere. */
export async function guarded(browser, base, options = {}) {
  const { expected = [], ...more } = options;
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...more });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const faults = [];
  const note = (text) =>
    [LINKS_CHANGED, NOT_WHOLE, ...expected].some((pattern) => pattern.test(text)) || faults.push(text);
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (e) =>
      // biome-ignore lint/suspicious/noConsole: what is on the console is noted
      console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`),
    );
  });
  page.on('console', (m) => {
    if (['error', 'warning'].includes(m.type())) note(`console: ${m.text()} (${m.location().url})`);
  });
  page.on('pageerror', (e) => note(`script: ${e.stack}`));
  page.on('dialog', (d) => {
    note(`dialog: ${d.message()}`);
    void d.dismiss();
  });
  page.on('request', (r) => {
    if (!r.url().startsWith(`${base}/`) && !/^(data|blob):/.test(r.url())) note(`asks elsewhere: ${r.url()}`);
  });
  return {
    page,
    /** Throws where anything was noted since the last time. */
    clean: (where) => {
      const found = faults.splice(0);
      ensure(found.length === 0, `${where}: ${found.join('\n')}`);
    },
    close: () => context.close(),
  };
}

export async function go(page, url) {
  for (let times = 1; ; times++) {
    try {
      await page.goto(url, { waitUntil: 'load' });
      return;
    } catch (error) {
      if (!LINKS_CHANGED.test(error.message) || times === 5) throw error;
    }
  }
}

/** Opens it and waits for what it has to show. */
export async function open(page, base, row, args) {
  await go(page, base + row.path(args));
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  for (const text of row.shows(args)) await page.getByText(text).locator('visible=true').first().waitFor();
  await settled(page);
}

/** Nothing says that it is being read. */
export async function settled(page) {
  await page.waitForFunction(() => !document.querySelector('main [aria-busy="true"]'));
  await page.waitForTimeout(150);
}

/** Down and up again, so that what is drawn when it comes into sight is there. */
export async function seeAll(page) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  for (let y = 0; y < height; y += 600) {
    await page.evaluate((to) => scrollTo(0, to), y);
    await page.waitForTimeout(120);
  }
  await settled(page);
  await page.evaluate(() => scrollTo(0, 0));
}

/** `foreign`: made by a package, whose habits are not to be mended here as long as WCAG is kept. */
export async function accessible(page, where, foreign = false) {
  const tags = foreign ? WCAG : [...WCAG, 'best-practice'];
  await page.evaluate(axe);
  const { violations } = await page.evaluate((only) => window.axe.run(document, { runOnly: only }), tags);
  const told = violations.map(
    (v) =>
      `${v.id}: ${v.help}\n${v.nodes
        .slice(0, 3)
        .map((n) => `  ${n.html.slice(0, 300)}\n  ${n.failureSummary}`)
        .join('\n')}`,
  );
  ensure(violations.length === 0, `${where}: ${told.join('\n')}`);
}

/** The page as a whole is not wider than the window; tables and charts scroll by themselves. */
export async function fits(page, where) {
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  ensure(wide <= room, `${where}: ${wide} pixels wide in a window of ${room}`);
}

/** What the menu of a chart gives: SVG, PNG or CSV. */
export async function saved(page, figure, kind) {
  await figure.locator('summary', { hasText: 'Save' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    figure.getByRole('button', { name: kind, exact: true }).click(),
  ]);
  return fs.readFileSync(await download.path());
}

/** A chart is saved as what it is: drawings, and a table that begins so. */
export async function savesAll(page, figure, csvBegins) {
  const csv = (await saved(page, figure, 'CSV')).toString();
  ensure(csvBegins.test(csv), `the CSV begins with ${csv.slice(0, 200)}`);
  const svg = (await saved(page, figure, 'SVG')).toString();
  const drawing = /^<svg[^>]* xmlns="http:\/\/www.w3.org\/2000\/svg"/.test(svg);
  ensure(drawing && (svg.match(/<(rect|path|circle)/g) ?? []).length > 2, 'the SVG is no drawing');
  ensure(!svg.includes('var(--'), 'the SVG has colours that only the page knows');
  const png = await saved(page, figure, 'PNG');
  ensure(png.subarray(1, 4).toString() === 'PNG' && png.length > 3000, 'the PNG is no drawing');
  return csv;
}

/**
 * Frame by frame while `act` goes on, in ms: median, 95 %, longest. And CPU time a frame of the page's process and of
 * the one that paints, which is the same however busy the host is.
 */
export async function frames(page, act) {
  const cdp = await page.context().browser().newBrowserCDPSession();
  const used = async () => {
    const { processInfo } = await cdp.send('SystemInfo.getProcessInfo');
    const of = (type) =>
      processInfo.filter((p) => p.type === type).reduce((sum, p) => sum + p.cpuTime * 1000, 0);
    return { page: of('renderer'), paint: of('GPU') };
  };
  await page.evaluate(() => {
    const times = [];
    window.frameTimes = times;
    let before = performance.now();
    const tick = (now) => {
      times.push(now - before);
      before = now;
      if (window.frameTimes === times) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  const begun = await used();
  await act();
  const end = await used();
  const times = await page.evaluate(() => {
    const found = window.frameTimes.slice(1);
    window.frameTimes = null;
    return found;
  });
  times.sort((a, b) => a - b);
  const tenth = (value) => Math.round(10 * value) / 10;
  const at = (part) => tenth(times[Math.min(times.length - 1, Math.floor(part * times.length))]);
  const each = (of) => tenth((end[of] - begun[of]) / times.length);
  return {
    frames: times.length,
    median: at(0.5),
    p95: at(0.95),
    longest: at(1),
    pageCpuMsPerFrame: each('page'),
    paintCpuMsPerFrame: each('paint'),
  };
}

/** Asks who started this check for something, and waits until it is done. */
const lines = readline.createInterface({ input: process.stdin });
const replies = lines[Symbol.asyncIterator]();
export async function ask(what) {
  process.stdout.write(`${JSON.stringify({ ask: what })}\n`);
  return JSON.parse((await replies.next()).value ?? 'null');
}

export const tell = (figure) => process.stdout.write(`${JSON.stringify({ figure })}\n`);
export const stop = () => lines.close();
