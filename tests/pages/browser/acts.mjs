// What people do by the pages, on real clusters.
import { accessible, ensure, go, guarded, savesAll, settled, tell, until } from './lib.mjs';

const heading = (page, name) => page.getByRole('heading', { level: 1, name, exact: true });
const badge = (page) => page.locator('dl.facts .badge').first();
const button = (page, name) => page.getByRole('button', { name, exact: true });
const UP_MS = 90_000;
const END_MS = 60_000;

/** A campaign from an example: a fault is marked while it is typed, without it the campaign is submitted. */
async function submitted(page, base) {
  await go(page, `${base}/ui/campaigns/new`);
  const editor = page.locator('.cm-content');
  await editor.waitFor();
  await page.locator('summary', { hasText: 'From an example' }).click();
  await button(page, 'first-campaign').click();
  const planned = page.getByRole('status').filter({ hasText: /^4 cells, \d+ runs$/ });
  await planned.waitFor();

  await editor.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('nonsense: 1');
  await page.locator('.faults li', { hasText: '/nonsense' }).waitFor();
  await page.locator('.cm-lintRange-error').first().waitFor();
  ensure(await button(page, 'Submit').isDisabled(), 'a spec with a fault can be submitted');
  await accessible(page, 'a spec with a fault');
  await page.keyboard.press('Shift+Home');
  await page.keyboard.press('Delete');
  await planned.waitFor();
  ensure((await page.locator('.faults li').count()) === 0, 'a fault is told that is gone');
  await button(page, 'Submit').click();
  await heading(page, 'Campaign first-campaign').waitFor();
  return new URL(page.url()).pathname.split('/').pop();
}

async function cellsAdded(page) {
  await page.locator('summary', { hasText: 'Add cells' }).click();
  const text = page.locator('textarea[name=cells]');
  await text.fill('- cluster.nothing: 3');
  await button(page, 'Add them').click();
  await page.getByRole('alert').filter({ hasText: 'cluster.nothing' }).waitFor();
  await text.fill('- cluster.compute: 3');
  await button(page, 'Add them').click();
  await page.getByRole('grid', { name: /^Runs: 5 cells/ }).waitFor();
  ensure((await page.getByRole('alert').count()) === 0, 'the fault of before is still told');
}

/** Submitted, held, let go on, given a cell, ended; a place of its grid leads to its run. */
export async function campaign({ browser, base }) {
  const { page, clean, close } = await guarded(browser, base, { expected: [/status of 422 .*\/cells\)/] });
  const id = await submitted(page, base);
  tell({ campaign: id });
  await badge(page).filter({ hasText: 'running' }).waitFor();
  await button(page, 'Pause').click();
  await badge(page).filter({ hasText: 'paused' }).waitFor();
  await button(page, 'Resume').click();
  await badge(page).filter({ hasText: 'running' }).waitFor();
  await cellsAdded(page);
  await page.locator('.grid .run').first().waitFor();
  await accessible(page, 'a campaign that runs');
  await button(page, 'Cancel').click();
  await button(page, 'Cancel it for good').click();
  await badge(page).filter({ hasText: 'cancelled' }).waitFor({ timeout: END_MS });
  await settled(page);
  for (const name of ['Pause', 'Resume', 'Cancel'])
    ensure((await button(page, name).count()) === 0, `what is cancelled has ${name}`);
  const place = page.locator('.grid .run').first();
  const run = /run ([0-9a-f]{8})/.exec(await place.getAttribute('aria-label'))[1];
  await place.click();
  await heading(page, `Run ${run}`).waitFor();
  clean('campaign');
  await close();
}

/** On the overview while it runs, and with its verdict afterwards. */
export async function overview({ browser, base, args }) {
  const { page, clean, close } = await guarded(browser, base);
  await go(page, `${base}/ui/`);
  await page.getByText(args.campaign).first().waitFor({ timeout: 30_000 });
  await page.locator('.cards .badge', { hasText: 'measuring' }).waitFor({ timeout: END_MS });
  await accessible(page, 'the overview while a run goes on');
  const last = page.locator('.part', { has: page.getByRole('heading', { name: 'Last campaigns' }) });
  const ended = last.locator('li', { hasText: args.campaign }).filter({ hasText: /exploratory|invalid/ });
  await ended.waitFor({ timeout: UP_MS });

  const chart = page.locator('figure.chart', { has: page.locator('svg a') });
  await savesAll(page, chart, /^run,began,outside_cpus,grade\r\n[0-9a-f]{8},/);
  const sign = chart.locator('svg a').first();
  const to = await sign.getAttribute('href');
  await sign.dispatchEvent('click');
  await until(() => new URL(page.url()).pathname === to, `a sign leads to ${to}`);
  clean('overview');
  await close();
}

const HOSTILE = '<img src=x onerror=alert(1)>[31m"&amp;';

async function commanded(page) {
  const output = page.locator('pre.output');
  await page.fill('input[name=command]', `printf '%s\\n' '${HOSTILE}'`);
  await button(page, 'Run').click();
  await page.getByText('The command ended with 0.').waitFor({ timeout: 20_000 });
  ensure((await output.innerText()).includes(HOSTILE), `the output is ${await output.innerText()}`);
  ensure((await output.locator('img').count()) === 0, 'markup of a command became the page’s');

  await page.selectOption('select[name=node]', 'n1');
  await page.check('input[name=shell]');
  await page.fill('input[name=command]', 'echo begun; echo oops >&2; sleep 600');
  await button(page, 'Run').click();
  await output.getByText('begun').waitFor({ timeout: 20_000 });
  await output.locator('.stderr', { hasText: 'oops' }).waitFor();
  await button(page, 'Stop').click();
  await page.getByText('The command ended as asked.').waitFor();
}

/** Brought up by the form, which tells a fault first; commanded; taken down. */
export async function cluster({ browser, base }) {
  const { page, clean, close } = await guarded(browser, base, { expected: [/status of 422 .*\/clusters\)/] });
  await go(page, `${base}/ui/clusters`);
  await page.getByRole('link', { name: 'Bring one up' }).click();
  await page.fill('input[name=name]', 'by-form');
  await page.fill('input[name=memory]', '128MiB');
  await page.fill('textarea[name=options]', 'ClusterName=mine');
  await button(page, 'Bring it up').click();
  await page.getByRole('alert').filter({ hasText: '/scheduler/options/ClusterName' }).waitFor();
  await page.fill('textarea[name=options]', 'SchedulerType=sched/builtin');
  await button(page, 'Bring it up').click();
  await heading(page, 'Cluster by-form').waitFor();
  tell({ cluster: new URL(page.url()).pathname.split('/').pop() });
  await page.locator('input[name=command]').waitFor({ timeout: UP_MS }); // it is ready, without a reload
  await accessible(page, 'a cluster');
  for (const text of ['SchedulerType=sched/builtin', '128MiB'])
    ensure((await page.locator('main').innerText()).includes(text), `${text} is not shown`);
  await commanded(page);
  await button(page, 'Take down').click();
  await button(page, 'Take it down now').click();
  await page.getByText('The host is as it was before.').waitFor({ timeout: END_MS });
  clean('cluster');
  await close();
}

async function removed(page) {
  await button(page, 'Remove').click();
  await button(page, 'Remove it for good').click();
  await heading(page, 'Images').waitFor();
}

/** The image that is there is removed; one is begun, tells how it goes, and is called off. */
export async function images({ browser, base, args }) {
  const { page, clean, close } = await guarded(browser, base);
  const none = page.getByText('There are no images yet');
  await go(page, `${base}/ui/images`);
  await page.getByRole('link', { name: args.image, exact: true }).click();
  await heading(page, `Image ${args.image}`).waitFor();
  await removed(page);
  await none.waitFor();

  await button(page, 'Build').click();
  await page.getByRole('link', { name: args.recipe, exact: true }).click();
  await heading(page, `Image ${args.recipe}`).waitFor();
  const words = page.getByRole('status').filter({ hasText: 'The build says:' });
  await words.waitFor();
  await until(async () => !/says: beginning$/.test(await words.innerText()), 'words of the build');
  await accessible(page, 'an image that is built');
  await removed(page);
  await none.waitFor();
  clean('images');
  await close();
}
