// Pictures of the pages for docs/, each small enough to be kept with the sources.
import fs from 'node:fs';
import path from 'node:path';
import { guarded, open, seeAll, tell } from './lib.mjs';
import { pages } from './pages.mjs';

const BYTES_MAX = 60_000;
const WIDTH = 1200;
const HEIGHT_MAX = 1400;
const QUALITIES = [80, 65, 50, 40, 30, 20];

/** args.names: which, or null for all; args.hide: words of this machine, and what is shown in their place. */
export async function shots({ browser, base, args }) {
  const { page, close } = await guarded(browser, base, {
    viewport: { width: WIDTH, height: 800 },
    colorScheme: args.scheme,
  });
  await page.route('**/v1/**', async (route) => {
    if ((await route.request().headerValue('accept')) !== 'application/json') return route.continue();
    const reply = await route.fetch();
    let body = await reply.text();
    for (const [word, other] of args.hide) body = body.replaceAll(word, other);
    return route.fulfill({ response: reply, body });
  });
  for (const row of pages.filter((p) => (args.names ? args.names.includes(p.name) : !p.foreign))) {
    // Nothing of that sort is there.
    if (row.path(args).includes('null')) continue;
    await open(page, base, { ...row, shows: () => [] }, args);
    await seeAll(page);
    const gantt = page.locator('figure.chart', { has: page.locator('.gantt') });
    if ((await gantt.count()) > 0) keep(args, 'run-jobs', await smallest(gantt));
    const whole = await page.evaluate(() => document.documentElement.scrollHeight);
    for (let height = Math.min(HEIGHT_MAX, Math.max(500, whole)); ; height -= 200) {
      await page.setViewportSize({ width: WIDTH, height });
      await page.waitForTimeout(500);
      const picture = await smallest(page);
      if (picture === null) continue;
      keep(args, row.name, picture);
      break;
    }
    await page.setViewportSize({ width: WIDTH, height: 800 });
  }
  await close();
}

function keep(args, name, picture) {
  if (picture === null) return;
  fs.writeFileSync(path.join(args.directory, `${name}.jpg`), picture);
  tell(`${name}.jpg: ${picture.length} bytes`);
}

/** The best that is small enough; null where none is. */
async function smallest(what) {
  for (const quality of QUALITIES) {
    const picture = await what.screenshot({ type: 'jpeg', quality });
    if (picture.length <= BYTES_MAX) return picture;
  }
  return null;
}
