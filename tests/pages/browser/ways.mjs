// What a reader does: by keys alone, in colours of his own, at addresses where nothing is, while the daemon goes and
// comes; and the console of /docs.
import { accessible, ask, ensure, go, guarded, LOST, settled } from './lib.mjs';

const focused = (page) => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');

/** Tab and Enter are enough. */
export async function keyboard({ browser, base, args }) {
  const { page, clean, close } = await guarded(browser, base);
  await go(page, `${base}/ui/`);
  await page.getByText('Last campaigns').waitFor();
  await page.keyboard.press('Tab');
  ensure((await focused(page)) === 'To the content', 'the first key leads past the navigation');
  await page.keyboard.press('Enter');
  ensure((await page.evaluate(() => document.activeElement?.id)) === 'content', 'and into the content');

  await page.reload();
  await page.getByText('Last campaigns').waitFor();
  for (let n = 0; n < 20 && (await focused(page)) !== 'Runs'; n++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Runs' }).waitFor();
  await settled(page);
  ensure((await focused(page)) === 'Runs', 'the title has the focus on arrival');
  ensure(
    (await page.evaluate(() => document.activeElement?.tagName)) === 'H1',
    'the title has the focus on arrival',
  );

  // A table is sorted, and one of its rows opened.
  const sorted = () => page.locator('th', { hasText: 'Run' }).first().getAttribute('aria-sort');
  for (let n = 0; n < 20 && (await focused(page)) !== 'Run'; n++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  ensure((await sorted()) === 'ascending', 'a head sorts');
  for (let n = 0; n < 40 && (await focused(page)) !== args.run; n++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: `Run ${args.run}` }).waitFor();

  await page.locator('summary', { hasText: 'Download' }).waitFor();

  // A menu opens, and Escape shuts it and gives the focus back.
  for (let n = 0; n < 10 && (await focused(page)) !== 'Download'; n++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  const menu = page.locator('details.menu').first();
  ensure(await menu.evaluate((e) => e.open), 'a menu opens');
  await page.keyboard.press('Escape');
  ensure(!(await menu.evaluate((e) => e.open)) && (await focused(page)) === 'Download', 'Escape shuts it');
  clean('keys');
  await close();
}

/** The daemon goes: it is told, what was shown stays. It comes back: that is told, and what is new is shown. */
export async function lost({ browser, base, args }) {
  const { page, clean, close } = await guarded(browser, base, { expected: LOST });
  await go(page, `${base}/ui/campaigns`);
  await page.getByText(args.campaignName).first().waitFor();
  await page.locator('.top .badge', { hasText: 'live' }).waitFor();
  await ask('stop');
  await page.locator('.top .badge', { hasText: 'no connection' }).waitFor();
  ensure(await page.getByText(args.campaignName).first().isVisible(), 'what was shown stays');
  const name = await ask('start with another campaign');
  await page.locator('.top .badge', { hasText: 'live' }).waitFor();
  await page.getByText(name).first().waitFor();
  ensure((await page.getByRole('alert').count()) === 0, 'the error is gone');
  clean('lost');
  await close();
}

/** Where there is nothing, that is said: of pages, and of objects in the daemon's words. */
export async function missing({ browser, base }) {
  const { page, clean, close } = await guarded(browser, base, { expected: [/status of 404/] });
  await go(page, `${base}/ui/no/such`);
  await page.getByRole('heading', { level: 1, name: 'No such page' }).waitFor();
  await accessible(page, 'no such page');
  await go(page, `${base}/ui/clusters/00000000`);
  await page.getByRole('alert').filter({ hasText: '00000000' }).waitFor();
  await accessible(page, 'no such cluster');
  clean('missing');
  await close();
}

/** The colours are switched, and stay so. */
export async function theme({ browser, base }) {
  const { page, clean, close } = await guarded(browser, base, { colorScheme: 'light' });
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await go(page, `${base}/ui/`);
  const light = await ground();
  const button = page.getByRole('button', { name: /^Colours/ });
  await button.click();
  await button.click();
  ensure((await ground()) !== light, 'the colours are not switched');
  await page.reload();
  await page.getByRole('heading', { level: 1 }).waitFor();
  ensure((await ground()) !== light, 'the colours are not kept');
  clean('theme');
  await close();
}

/** An operation of the contract is tried from /docs, and answered by this daemon. */
export async function tried({ browser, base }) {
  const { page, clean, close } = await guarded(browser, base);
  await go(page, `${base}/docs`);
  await page.locator('.opblock-tag').first().waitFor();
  await page.click('#operations-tag-service');
  await page.click('#operations-service-getHealth .opblock-summary-control');
  await page.click('.try-out__btn');
  await page.click('.execute');
  const status = page.locator('.live-responses-table tbody td.response-col_status', { hasText: '200' });
  await status.waitFor();
  await accessible(page, 'an operation that was tried', true);
  clean('docs');
  await close();
}
