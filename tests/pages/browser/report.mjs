// report.html as who gets it opens it: a file, without any network.
import { accessible, ensure, fits, go, guarded, savesAll, tell } from './lib.mjs';

const LOOKS = [
  { name: 'light', colorScheme: 'light' },
  { name: 'dark', colorScheme: 'dark' },
  { name: 'on a phone', colorScheme: 'light', viewport: { width: 360, height: 740 }, deviceScaleFactor: 2 },
];
const figures = (page) => page.locator('figure.chart');
const titled = (page, title) => page.locator('figure.chart', { has: page.getByText(title, { exact: true }) });

/** Every chart is drawn, with more than its axes. */
async function drawn(page, titles) {
  await page.waitForFunction(() => {
    const all = [...document.querySelectorAll('figure.chart .drawing')];
    return all.length > 0 && all.every((place) => place.querySelector('svg'));
  });
  for (const title of titles) await titled(page, title).waitFor();
  for (const figure of await figures(page).all()) {
    const marks = await figure.locator('svg :is(path, circle, rect, line)').count();
    ensure(marks >= 3, `${await figure.locator('strong').innerText()}: ${marks} marks are drawn`);
  }
}

/**
 * args.file is it; args.titles are of charts that it has. Says how soon it was read, and how soon all was drawn;
 * args.timed: looks at little else, as there is very much in it.
 */
export async function report({ browser, args }) {
  for (const { name, ...look } of args.timed ? LOOKS.slice(0, 1) : LOOKS) {
    const { page, clean, close } = await guarded(browser, 'file://', { ...look, offline: true });
    const begun = performance.now();
    await go(page, `file://${args.file}`);
    const openedMs = Math.round(performance.now() - begun);
    await drawn(page, args.titles);
    const drawnMs = Math.round(performance.now() - begun);
    if (!args.timed) await accessible(page, `a report, ${name}`);
    await fits(page, `a report, ${name}`);
    if (name === 'light') {
      tell({ openedMs, drawnMs, figures: await figures(page).count() });
      await savesAll(page, titled(page, args.titles[0]), /^[a-z]+,/);
      await page.emulateMedia({ media: 'print' });
      ensure((await page.locator('.menu:visible, nav:visible').count()) === 0, 'menus are printed');
    }
    clean(`a report, ${name}`);
    await close();
  }
}
