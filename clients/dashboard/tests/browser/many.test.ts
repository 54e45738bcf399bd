// Lists of 100,000 runs, made by whoever starts this.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Door, launch, makeDoor, see } from './harness';

let browser: Browser;
let door: Door;
beforeAll(async () => {
  door = await makeDoor(process.env.BENCHD_URL ?? '', process.env.BENCHD_UI_DIR);
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
  door.close();
});

test('100,000 runs are listed, walked through, sorted and searched', async () => {
  const { page, words } = await see(browser, door);
  await page.goto(`${door.url}/ui/runs`);
  await page.waitForSelector('tbody a');
  expect(await page.locator('tbody tr').count()).toBeLessThan(80);
  const status = '.tools [role=status]';
  expect(await page.textContent(status)).toBe('100 rows so far');

  // Its end coming near brings the next page.
  await page.evaluate(() => document.querySelector('.rows')?.scrollTo(0, 1e7));
  await expect.poll(() => page.textContent(status)).toBe('200 rows so far');

  const begun = Date.now();
  await page.getByRole('button', { name: 'All', exact: true }).click();
  await page.waitForFunction(
    (at) => /^1\d\d,\d{3} rows$/.test(document.querySelector(at)?.textContent ?? ''),
    status,
    { timeout: 170_000 },
  );
  const all = Date.now() - begun;
  expect(await page.locator('tbody tr').count()).toBeLessThan(80);

  const frames = await page.evaluate(async () => {
    const box = document.querySelector('.rows');
    const times: number[] = [];
    let last = performance.now();
    for (let n = 0; n < 120; n++) {
      box?.scrollBy(0, 3777);
      await new Promise((done) => requestAnimationFrame(done));
      times.push(performance.now() - last);
      last = performance.now();
    }
    return times.sort((a, b) => a - b);
  });
  const heap = await page.evaluate(
    () => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize,
  );
  const took = async (act: () => Promise<unknown>) => {
    const at = Date.now();
    await act();
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
    return Date.now() - at;
  };
  const sorted = await took(() => page.getByRole('button', { name: 'Took' }).click());
  expect(await page.getAttribute('th[aria-sort=ascending]', 'aria-sort')).toBe('ascending');
  const found = await took(() => page.fill('input[type=search]', 'failed n2'));
  await expect.poll(() => page.textContent(status)).toMatch(/^[\d,]+ of 1\d\d,\d{3} rows$/);
  process.stdout.write(
    `100,000 runs: all read in ${all} ms, frames ${frames[60]?.toFixed(0)} ms (median) ${frames[114]?.toFixed(0)} ms (p95), ` +
      `sorted in ${sorted} ms, searched in ${found} ms, heap ${(heap / 1e6).toFixed(0)} MB\n`,
  );
  await page.evaluate(() => document.querySelector('.rows')?.scrollTo(0, 1e9));
  await page.waitForSelector('tbody a');
  expect(words).toEqual([]);
  await page.context().close();
}, 400_000);

test('hostile texts are shown as texts', async () => {
  const { page, words } = await see(browser, door);
  await page.goto(`${door.url}/ui/runs`);
  await page.waitForSelector('tbody a');
  await page.locator('summary', { hasText: 'All states' }).click();
  await page.getByLabel('failed').check();
  await page.waitForSelector('tbody td:has-text("<img src=x onerror")');
  expect(await page.locator('tbody img').count()).toBe(0);
  // 10 kB in one cell do not make the page wide.
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  expect(words).toEqual([]);
  await page.context().close();
});
