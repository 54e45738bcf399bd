import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../src/router/routes';
import { axe, type Door, launch, makeDoor, overflow, see } from './harness';

const DAEMON = process.env.BENCHD_URL ?? 'http://127.0.0.1:8765';
const first = async (path: string): Promise<string | undefined> => {
  const reply = await fetch(`${DAEMON}${path}`);
  return ((await reply.json()) as { items: { id?: string; name?: string }[] }).items.map(
    (i) => i.id ?? i.name,
  )[0];
};

let browser: Browser;
let door: Door;
beforeAll(async () => {
  door = await makeDoor(DAEMON, process.env.BENCHD_UI_DIR);
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
  door.close();
});

/** An example of each path with a name in it; where the daemon has none, an id that nothing has. */
async function pathsToSee(): Promise<string[]> {
  const ids: Record<string, string | undefined> = {
    'campaigns/:id': await first('/v1/campaigns?limit=1'),
    'runs/:id': await first('/v1/runs?limit=1'),
    'clusters/:id': await first('/v1/clusters?limit=1&state=ready,deleted,failed'),
    'images/:id': await first('/v1/images?limit=1'),
    'workloads/:name': 'jobstream',
  };
  return routes.flatMap(({ path }) => {
    if (!path.includes(':')) return [path];
    const id = ids[path];
    return id ? [path.replace(/:\w+/, id)] : [];
  });
}

describe.each([
  ['a desk, light', { viewport: { width: 1280, height: 800 }, colorScheme: 'light' as const }],
  ['a desk, dark', { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' as const }],
  ['a phone', { viewport: { width: 360, height: 740 }, colorScheme: 'light' as const, hasTouch: true }],
  ['a desk at 200 %', { viewport: { width: 640, height: 400 }, colorScheme: 'dark' as const }],
])('on %s', (_name, options) => {
  test('every page is whole: no violation, no error, nothing asked elsewhere, no sideways scrolling', async () => {
    const { page, words, outside } = await see(browser, door, options);
    for (const path of await pathsToSee()) {
      await page.goto(`${door.url}/ui/${path}`);
      await page.waitForSelector('h1');
      await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'));
      expect(await page.title(), path).toMatch(/ · benchd$/);
      expect(await axe(page), path).toEqual([]);
      expect(await overflow(page), path).toBeLessThanOrEqual(0);
      expect(words, path).toEqual([]);
    }
    expect(outside).toEqual([]);
    await page.context().close();
  });
});

test('a page that there is not says so', async () => {
  const { page } = await see(browser, door);
  await page.goto(`${door.url}/ui/no/such`);
  await expect.poll(() => page.textContent('h1')).toBe('No such page');
  expect(await axe(page)).toEqual([]);
  await page.context().close();
});

test('an object that there is not says so, in the daemon’s words', async () => {
  const { page } = await see(browser, door);
  await page.goto(`${door.url}/ui/clusters/00000000`);
  await page.waitForSelector('[role=alert]');
  expect(await page.textContent('[role=alert]')).toContain('00000000');
  expect(await axe(page)).toEqual([]);
  await page.context().close();
});

test('pages are reached by keys, and say where one has come', async () => {
  const { page } = await see(browser, door);
  await page.goto(`${door.url}/ui/`);
  await page.waitForSelector('h1');
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('To the content');
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
  await page.focus('nav a[href="/ui/hosts"]');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.title()).toBe('Hosts · benchd');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Hosts');
  expect(await page.getAttribute('nav a[href="/ui/hosts"]', 'aria-current')).toBe('page');
  await page.goBack();
  await expect.poll(() => page.title()).toBe('Overview · benchd');
  await page.context().close();
});

test('the theme is switched, and kept', async () => {
  const { page } = await see(browser, door, { colorScheme: 'light' });
  await page.goto(`${door.url}/ui/`);
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await ground();
  const button = page.getByRole('button', { name: /^Colours/ });
  await button.click();
  await button.click();
  expect(await ground()).not.toBe(light);
  await page.reload();
  await page.waitForSelector('h1');
  expect(await ground()).not.toBe(light);
  await page.context().close();
});

test('the first load is small', async () => {
  const { page } = await see(browser, door);
  await page.goto(`${door.url}/ui/hosts`); // the browser itself has begun
  await page.waitForSelector('h1');
  const begun = Date.now();
  await page.goto(`${door.url}/ui/`);
  await page.waitForSelector('h1');
  const ms = Date.now() - begun;
  const bytes = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .filter((e) => /\/ui\/assets\//.test(e.name))
      .reduce((sum, e) => sum + (e as PerformanceResourceTiming).encodedBodySize, 0),
  );
  process.stdout.write(`first load: ${bytes} bytes of code, its title after ${ms} ms\n`);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(300_000);
  await page.context().close();
});

test('/docs shows the contract’s operations, and tries them here', async () => {
  const { page, words, outside } = await see(browser, door);
  await page.goto(`${door.url}/docs`);
  await page.waitForSelector('.opblock-tag');
  await page.click('#operations-tag-service');
  await page.click('#operations-service-getHealth .opblock-summary-control');
  await page.click('.try-out__btn');
  await page.click('.execute');
  await page.waitForSelector('.live-responses-table tbody td.response-col_status');
  expect(await page.textContent('.live-responses-table tbody td.response-col_status')).toContain('200');
  expect(words).toEqual([]);
  expect(outside).toEqual([]);
  // Its headings and landmarks are its own.
  expect(await axe(page, ['heading-order', 'region', 'landmark-unique'])).toEqual([]);
  await page.context().close();
}, 60_000);

describe('the connection', () => {
  const state = '.top-tools .badge';

  test('is lost and shown, and heals by itself', async () => {
    const { page } = await see(browser, door);
    await page.goto(`${door.url}/ui/hosts`);
    await expect.poll(() => page.textContent(state), { timeout: 10_000 }).toContain('live');
    door.shut();
    await expect.poll(() => page.textContent(state), { timeout: 10_000 }).toContain('no connection');
    expect(await page.textContent('main')).toContain('promised to clusters');
    expect(await axe(page)).toEqual([]);
    door.open();
    await expect.poll(() => page.textContent(state), { timeout: 20_000 }).toContain('live');
    await page.context().close();
  }, 60_000);

  test('falls back to polling where streams are refused, and returns to them', async () => {
    door.refuseStreams(true);
    const { page } = await see(browser, door);
    await page.goto(`${door.url}/ui/`);
    await expect.poll(() => page.textContent(state), { timeout: 20_000 }).toContain('polling');
    door.refuseStreams(false);
    await expect.poll(() => page.textContent(state), { timeout: 90_000 }).toContain('live');
    await page.context().close();
  }, 150_000);

  test('is one stream for all tabs, and the next tab takes over', async () => {
    const { page } = await see(browser, door);
    const streams = () => door.streams();
    await page.goto(`${door.url}/ui/hosts`);
    await expect.poll(() => page.textContent(state), { timeout: 10_000 }).toContain('live');
    const other = await page.context().newPage();
    await other.goto(`${door.url}/ui/hosts`);
    await expect.poll(() => other.textContent(state), { timeout: 10_000 }).toContain('live');
    expect(streams()).toBe(1);
    await page.close();
    await expect.poll(streams, { timeout: 10_000 }).toBe(1);
    await expect.poll(() => other.textContent(state), { timeout: 10_000 }).toContain('live');
    door.shut();
    await expect.poll(() => other.textContent(state), { timeout: 10_000 }).toContain('no connection');
    door.open();
    await expect.poll(() => other.textContent(state), { timeout: 20_000 }).toContain('live');
    await other.context().close();
  }, 60_000);
});
