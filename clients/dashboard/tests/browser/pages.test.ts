import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axe, type Door, launch, makeDoor, see } from './harness';

const DAEMON = process.env.BENCHD_URL ?? 'http://127.0.0.1:8765';
let browser: Browser;
let door: Door;
beforeAll(async () => {
  door = await makeDoor(DAEMON);
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
  door.close();
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
    await expect.poll(streams).toBe(1);
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
