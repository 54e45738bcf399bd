// What needs clusters: a daemon that may make them, with an image, on a host that nobody measures on.
import fs from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axe, type Door, launch, makeDoor, see } from './harness';

const DAEMON = process.env.BENCHD_URL ?? '';
const HOSTILE = '<img src=x onerror=alert(1)>\u001b[31m"&amp;';

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

const submit = async (script: string, more: object = {}): Promise<string> => {
  const reply = await fetch(`${DAEMON}/v1/campaigns`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      name: 'shown',
      cluster: { compute: 1, node: { cpus: 0.2, schedulerCpus: 1, memory: '128MiB' } },
      workload: { name: 'command', command: ['sh', '-c', script], on: 'controller' },
      ...more,
    }),
  });
  expect(reply.status).toBe(202);
  return ((await reply.json()) as { id: string }).id;
};

const main = (page: Page) => page.textContent('main');

test('a cluster is brought up by the form, runs commands, and goes', async () => {
  const { page, words } = await see(browser, door);
  await page.goto(`${door.url}/ui/clusters`);
  await page.getByRole('link', { name: 'Bring one up' }).click();
  await page.fill('input[name=name]', 'by-form');
  await page.fill('input[name=memory]', '128MiB');
  await page.fill('textarea[name=options]', 'ClusterName=mine');
  await page.getByRole('button', { name: 'Bring it up' }).click();
  await expect.poll(() => page.textContent('form [role=alert]')).toContain('/scheduler/options/ClusterName');
  await page.fill('textarea[name=options]', 'SchedulerType=sched/builtin');
  await page.getByRole('button', { name: 'Bring it up' }).click();

  await expect.poll(() => page.title(), { timeout: 10_000 }).toBe('Cluster by-form · benchd');
  await page.waitForSelector('input[name=command]', { timeout: 90_000 }); // it is ready, without a reload
  expect(await axe(page)).toEqual([]);
  expect(await main(page)).toContain('SchedulerType=sched/builtin');
  expect(await main(page)).toContain('128MiB');

  await page.fill('input[name=command]', `printf '%s\\n' '${HOSTILE.replace('\u001b', '')}'`);
  await page.getByRole('button', { name: 'Run' }).click();
  await expect.poll(() => main(page), { timeout: 20_000 }).toContain('The command ended with 0.');
  expect(await page.textContent('pre.output')).toContain('<img src=x onerror=alert(1)>');
  expect(await page.locator('pre.output img').count()).toBe(0);

  await page.selectOption('select[name=node]', 'n1');
  await page.check('input[name=shell]');
  await page.fill('input[name=command]', 'echo begun; echo oops >&2; sleep 600');
  await page.getByRole('button', { name: 'Run' }).click();
  await expect.poll(() => page.textContent('pre.output'), { timeout: 20_000 }).toContain('begun');
  await expect.poll(() => page.textContent('pre.output .stderr')).toContain('oops');
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect.poll(() => main(page)).toContain('The command ended as asked.');

  await page.getByRole('button', { name: 'Take down' }).click();
  await page.getByRole('button', { name: 'Take it down now' }).click();
  await expect.poll(() => main(page), { timeout: 60_000 }).toContain('The host is as it was before.');
  // The form was refused once, as was wanted.
  expect(words.filter((w) => !w.includes('422'))).toEqual([]);
  await page.context().close();
});

describe('a campaign', () => {
  test('is seen on the overview while it runs, and with its verdict afterwards', async () => {
    const { page, words } = await see(browser, door);
    await page.goto(`${door.url}/ui/`);
    await page.waitForSelector('h1');
    await submit('sleep 3', { name: 'seen-live', design: { repetitions: 2 } });
    await expect.poll(() => main(page), { timeout: 30_000 }).toContain('seen-live');
    await page.waitForSelector('.cards .badge:has-text("measuring")', { timeout: 60_000 });
    expect(await axe(page)).toEqual([]);
    const last = page.locator('.part', { has: page.getByRole('heading', { name: 'Last campaigns' }) });
    await expect
      .poll(() => last.textContent(), { timeout: 90_000 })
      .toMatch(/seen-live.*(exploratory|invalid)/);
    expect(words).toEqual([]);
    await page.context().close();
  });

  test('adds runs to a list that is open, though the stream was away', async () => {
    const { page } = await see(browser, door);
    await page.goto(`${door.url}/ui/runs`);
    await page.waitForSelector('tbody tr');
    const before = await page.locator('tbody tr').count();
    door.shut();
    const id = await submit('exit 3', { name: 'fails', design: { repetitions: 1, retries: 0 } });
    await expect
      .poll(() => page.textContent('.top-tools .badge'), { timeout: 10_000 })
      .toContain('no connection');
    door.open();
    await expect.poll(() => page.locator('tbody tr').count(), { timeout: 60_000 }).toBe(before + 1);
    await page.waitForSelector(`tbody tr:has-text("${id}"):has-text("failed")`, { timeout: 60_000 });
    expect(await axe(page)).toEqual([]);
    await page.context().close();
  });

  test('has its noise as a chart, which is saved and leads to its runs', async () => {
    const { page, words } = await see(browser, door, { acceptDownloads: true });
    await page.goto(`${door.url}/ui/`);
    await page.waitForSelector('figure.chart svg a');
    const saved = async (kind: string) => {
      const download = page.waitForEvent('download');
      await page.locator('figure.chart summary', { hasText: 'Save' }).click();
      await page.getByRole('button', { name: kind, exact: true }).click();
      const file = await (await download).path();
      return fs.readFileSync(file);
    };
    const svg = (await saved('SVG')).toString();
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(svg).not.toContain('var(--');
    expect((await saved('PNG')).subarray(1, 4).toString()).toBe('PNG');
    expect((await saved('CSV')).toString()).toMatch(/^run,began,outside_cpus,grade\r\n[0-9a-f]{8},/);
    const href = await page.locator('figure.chart svg a').first().getAttribute('href');
    await page.locator('figure.chart svg a').first().dispatchEvent('click');
    await expect.poll(() => new URL(page.url()).pathname).toBe(href);
    expect(words).toEqual([]);
    await page.context().close();
  });
});
