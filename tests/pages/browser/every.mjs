// What holds on every page.
import { accessible, ensure, fits, go, guarded, open, seeAll, tell } from './lib.mjs';
import { pages } from './pages.mjs';

const SIZES = {
  desk: { width: 1280, height: 900 },
  phone: { width: 360, height: 740 },
  zoomed: { width: 640, height: 450 },
};

async function onEach({ browser, base, args }, options, body) {
  const { rows = pages, ...how } = options;
  const { page, clean, close } = await guarded(browser, base, how);
  const wrong = [];
  for (const row of rows) {
    try {
      await open(page, base, row, args);
      await body(page, row);
      clean(row.name);
    } catch (error) {
      wrong.push(`${row.name}: ${error.message}`);
      await page.screenshot({ path: `${args.scratch}/${row.name}-wrong.png` }).catch(() => undefined);
    }
  }
  await close();
  ensure(wrong.length === 0, wrong.join('\n\n'));
}

/** Each page shows what it is for, without a word on the console, and without asking anybody else. */
export const shown = (given) => onEach(given, {}, (page) => seeAll(page));

const looked = (scheme) => (given) =>
  onEach(given, { colorScheme: scheme }, async (page, row) => {
    await seeAll(page);
    await accessible(page, `${row.name}, ${scheme}`, row.foreign);
  });
export const light = looked('light');
export const dark = looked('dark');

export const phone = (given) =>
  onEach(
    given,
    { viewport: SIZES.phone, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
    async (page, row) => {
      await seeAll(page);
      await fits(page, `${row.name} on a phone`);
    },
  );

/** 200 % of a window of 1280 x 900. */
export const zoomed = (given) =>
  onEach(given, { viewport: SIZES.zoomed, deviceScaleFactor: 2 }, async (page, row) => {
    await seeAll(page);
    await fits(page, `${row.name} at 200 %`);
  });

/** A daemon in which nothing has ever been says so, and is no error. */
export async function empty(given) {
  const rows = pages.filter((row) => row.empty).map((row) => ({ ...row, shows: () => [row.empty] }));
  await onEach(given, { rows }, async (page) => {
    ensure((await page.locator('[role="alert"]').count()) === 0, 'says that something failed');
  });
}

/** Strings of others are text: no markup of theirs, nothing as wide as their longest word. */
export async function hostile(given) {
  const { args } = given;
  let seen = 0;
  await onEach(given, {}, async (page, row) => {
    await seeAll(page);
    const found = await page.evaluate(() => ({
      ran: window.hostile ?? null,
      made: document.querySelectorAll('[data-hostile]').length,
      text: document.body.innerText.includes('<b data-hostile'),
    }));
    ensure(found.ran === null && found.made === 0, `markup of others: ${JSON.stringify(found)}`);
    if (found.text) seen++;
    await fits(page, row.name);
  });
  ensure(
    seen >= args.hostilePages,
    `strings of others were seen on ${seen} pages, and are in ${args.hostilePages}`,
  );
}

const FIRST_LOAD_MAX = 300_000;

/** What comes over the wire until the first page is shown. */
export async function first_load({ browser, base }) {
  const { page, clean, close } = await guarded(browser, base);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Network.enable');
  const urls = new Map();
  let bytes = 0;
  cdp.on('Network.responseReceived', (e) => urls.set(e.requestId, e.response.url));
  cdp.on('Network.loadingFinished', (e) => {
    if (urls.get(e.requestId)?.startsWith(`${base}/ui/`)) bytes += e.encodedDataLength;
  });
  const begun = performance.now();
  await go(page, `${base}/ui/`);
  await page.getByText('Last campaigns').waitFor();
  const usable = Math.round(performance.now() - begun);
  for (let before = -1; before !== bytes; ) {
    before = bytes;
    await page.waitForTimeout(1000);
  }
  clean('overview');
  await close();
  tell({ firstLoadBytes: bytes, usableMs: usable });
  ensure(
    bytes > 10_000 && bytes <= FIRST_LOAD_MAX,
    `${bytes} bytes come for the first page, ${FIRST_LOAD_MAX} may`,
  );
}
