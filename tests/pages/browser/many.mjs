// Long lists and many jobs: what is in the page stays small, and frames come.
import { ensure, frames, go, guarded, savesAll, settled, tell } from './lib.mjs';

const rowsShown = (page, label) => page.locator(`section[aria-label="${label}"] tbody tr:not(.gap)`).count();

/** 100,000 runs: the list opens at once, goes on as it is scrolled, gets as many as args.rows, and filters them. */
export async function many_runs({ browser, base, args }) {
  const { page, clean, close } = await guarded(browser, base);
  const begun = performance.now();
  await go(page, `${base}/ui/runs`);
  await page.getByText('100 rows so far').waitFor();
  const openedMs = Math.round(performance.now() - begun);
  const box = page.locator('section[aria-label="runs"]');
  await box.evaluate((e) => e.scrollTo(0, e.scrollHeight));
  await page.getByText(/[2-9]00 rows so far/).waitFor();

  await page.getByRole('button', { name: 'All', exact: true }).click();
  const asked = performance.now();
  const enough = (rows) =>
    [...document.querySelectorAll('[role="status"]')].some(
      (e) => Number((/^([\d,]+) rows/.exec(e.textContent ?? '')?.[1] ?? '0').replace(/,/g, '')) >= rows,
    );
  await page.waitForFunction(enough, args.rows, { timeout: args.seconds * 1000, polling: 200 });
  const gotMs = Math.round(performance.now() - asked);
  ensure((await rowsShown(page, 'runs')) < 120, 'rows out of sight are in the page');
  const scrolled = await frames(page, async () => {
    for (let n = 1; n <= 60; n++) {
      await box.evaluate((e, to) => e.scrollTo(0, to * e.scrollHeight), n / 60);
      await page.waitForTimeout(16);
    }
  });
  ensure((await rowsShown(page, 'runs')) < 120, 'rows out of sight are in the page');
  const typed = await frames(page, async () => {
    await page.getByRole('searchbox', { name: 'Filter runs' }).fill(args.oneRun);
    await page.getByText(/^1 of /).waitFor();
  });
  ensure((await rowsShown(page, 'runs')) === 1, 'the filter finds one row');

  // Of all that the daemon has, whatever is here: by state.
  await page.getByRole('searchbox', { name: 'Filter runs' }).fill('');
  await page.locator('summary', { hasText: 'All states' }).click();
  await page.getByRole('checkbox', { name: 'failed' }).check();
  await page.getByText(`${args.failedRuns} rows`, { exact: true }).waitFor();
  clean('runs');
  await close();
  tell({ openedMs, rows: args.rows, gotMs, scrolled, filterLongestMs: typed.longest });
}

async function dragged(page, box, by) {
  const { x, y, width, height } = await box.boundingBox();
  const [left, at] = [x + width * 0.75, y + height / 2];
  await page.mouse.move(left, at);
  await page.mouse.down();
  for (let n = 1; n <= 60; n++) await page.mouse.move(left - (by * n) / 60, at);
  await page.mouse.up();
}

/** 10,000 jobs: drawn, moved about in, one of them found in the table, saved. */
export async function many_jobs({ browser, base, args }) {
  const { page, clean, close } = await guarded(browser, base);
  const begun = performance.now();
  await go(page, `${base}/ui/runs/${args.run}`);
  const chart = page.locator('.gantt');
  await chart.locator('canvas').first().waitFor();
  const openedMs = Math.round(performance.now() - begun);
  await chart.scrollIntoViewIfNeeded();
  await settled(page);
  const over = chart.locator('.u-over').first();
  const picture = () =>
    chart
      .locator('canvas')
      .first()
      .evaluate((c) => c.toDataURL());
  const whole = await picture();
  const zoomedIn = await frames(page, async () => {
    for (let n = 0; n < 3; n++) await chart.getByRole('button', { name: 'Show less time' }).click();
  });
  const near = await picture();
  ensure(near !== whole, 'it shows less time when asked to');
  // All jobs are in the first of these stretches, and few in the last.
  const figures = { openedMs, zoomedIn, pannedNear: await frames(page, () => dragged(page, over, 400)) };
  ensure((await picture()) !== near, 'it moves when it is drawn along');
  await chart.getByRole('button', { name: 'Show all' }).click();
  await chart.getByRole('button', { name: 'Show less time' }).click();
  figures.pannedFar = await frames(page, () => dragged(page, over, 300));
  ensure((await page.locator('main *').count()) < 5000, 'jobs are in the page as elements');

  // By keys: from all to few, and back.
  await chart.getByRole('button', { name: 'Show all' }).focus();
  const all = await picture();
  for (const key of ['+', '+', 'ArrowRight', 'ArrowLeft', '-']) await page.keyboard.press(key);
  await page.waitForTimeout(100);
  ensure((await picture()) !== all, 'keys move it');
  await page.keyboard.press('0');
  await page.waitForTimeout(100);

  // A bar leads to its row.
  for (let n = 0; n < 12; n++) await page.keyboard.press('+');
  await page.waitForTimeout(200);
  const { width, height } = await over.boundingBox();
  let said = '';
  for (let n = 1; n < 40 && !said.startsWith('job '); n++) {
    await over.hover({ position: { x: (width * n) / 40, y: height * 0.3 } });
    said = await chart.locator('output').innerText();
    if (said.startsWith('job ')) await page.mouse.down().then(() => page.mouse.up());
  }
  ensure(said.startsWith('job '), `no job under the pointer: ${said}`);
  const index = /^job (\d+)/.exec(said)[1];
  const row = page.locator('section[aria-label="jobs"] tr[aria-current="true"]');
  await row.waitFor();
  ensure((await row.locator('td').first().innerText()) === index, `the marked row is not of job ${index}`);

  const figure = page.locator('figure.chart', { has: page.getByText('Jobs on nodes', { exact: true }) });
  const csv = await savesAll(page, figure, /^job,task,nodes,/);
  ensure(csv.split('\r\n').length === args.jobs + 2, `the CSV has ${csv.split('\r\n').length - 2} jobs`);
  clean('jobs');
  await close();
  tell({ jobs: args.jobs, ...figures });
}

const GRID_STEPS = 60;

/** From one end of the box to the other: `side` is scrollTop or scrollLeft. */
async function swept(page, box, side) {
  for (let n = 1; n <= GRID_STEPS; n++) {
    await box.evaluate(
      (e, [to, name]) => {
        e[name] =
          to * (name === 'scrollTop' ? e.scrollHeight - e.clientHeight : e.scrollWidth - e.clientWidth);
      },
      [n / GRID_STEPS, side],
    );
    await page.waitForTimeout(16);
  }
}

/** A grid of 100,000 runs: what is out of sight is not in the page, it moves, and each place leads to its run. */
export async function many_cells({ browser, base, args }) {
  const { page, clean, close } = await guarded(browser, base);
  const begun = performance.now();
  await go(page, `${base}/ui/campaigns/${args.campaign}`);
  const grid = page.getByRole('grid');
  await grid.getByRole('gridcell').first().waitFor();
  const openedMs = Math.round(performance.now() - begun);
  await settled(page);
  await grid.scrollIntoViewIfNeeded();
  const inPage = () => grid.locator('[role="gridcell"]').count();
  const shown = (cell, block) => grid.locator(`[data-at="${cell} ${block}"]`);
  ensure((await inPage()) < 2000, `${await inPage()} cells are in the page`);

  const down = await frames(page, () => swept(page, grid, 'scrollTop'));
  await shown(args.cells - 1, 0).waitFor();
  const across = await frames(page, () => swept(page, grid, 'scrollLeft'));
  await shown(args.cells - 1, args.blocks - 1).waitFor();
  ensure((await inPage()) < 2000, `${await inPage()} cells are in the page`);

  // By keys: from the first to the next, which is far from what is shown.
  await shown(0, 0).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('End');
  const last = `1 ${args.blocks - 1}`;
  await page.waitForFunction((at) => document.activeElement?.getAttribute('data-at') === at, last);
  ensure(await shown(1, args.blocks - 1).isVisible(), 'what has the focus is shown');
  const run = /run ([0-9a-f]{8})/.exec(await shown(1, args.blocks - 1).getAttribute('aria-label'))[1];
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: `Run ${run}` }).waitFor();
  clean('grid');
  await close();
  tell({ openedMs, runs: args.cells * args.blocks, down, across });
}
