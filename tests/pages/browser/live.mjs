// A run while it goes on, watched by a page that is opened once.
import { accessible, ensure, fits, go, guarded, seeAll, tell } from './lib.mjs';

/** From its first step to its grade: states, steps, nodes, samples, jobs come by themselves. */
export async function live({ browser, base, args }) {
  const { page, clean, close } = await guarded(browser, base);
  await go(page, `${base}/ui/runs/${args.run}`);
  await page.evaluate(() => {
    window.openedOnce = true;
  });
  const state = page.locator('dl.facts .badge').first();
  const seen = new Set();
  const growing = { jobs: new Set(), samples: new Set() };
  const until = Date.now() + args.seconds * 1000;
  for (;;) {
    ensure(Date.now() < until, `after ${args.seconds} s it is still ${await state.innerText()}`);
    const word = (await state.innerText()).replace(/^\S+\s+/, '');
    seen.add(word);
    if (word === 'measuring') {
      const ended = page.locator('.gauge', { hasText: 'Ended' }).locator('.figure');
      const told = await ended.innerText({ timeout: 100 }).catch(() => null);
      if (told) growing.jobs.add(told);
      const cpu = page.locator('figure.chart', { has: page.getByText('CPU', { exact: true }) });
      await page
        .getByRole('heading', { name: 'Use of the nodes' })
        .scrollIntoViewIfNeeded()
        .catch(() => undefined);
      if ((await cpu.count()) > 0) {
        await cpu.evaluate((figure) => {
          const values = figure.querySelector('details.values');
          if (values) values.open = true;
        });
        growing.samples.add(await cpu.locator('details.values tbody tr').count());
      }
    }
    if (['done', 'failed', 'cancelled'].includes(word)) break;
    await page.waitForTimeout(250);
  }
  ensure(await page.evaluate(() => window.openedOnce), 'the page was loaded again');
  for (const word of args.states) ensure(seen.has(word), `${word} was not shown, but ${[...seen]}`);
  ensure(growing.samples.size >= 2, `samples did not come while it went on: ${[...growing.samples]}`);
  ensure(growing.jobs.size >= 2, `how far its jobs are was not told while it went on: ${[...growing.jobs]}`);
  await page.getByText('The host is as it was before.').waitFor();
  await seeAll(page);
  for (const text of args.shows) await page.getByText(text).first().waitFor();
  clean('live');
  tell({ seen: [...seen], samplesSeen: growing.samples.size, jobsTold: growing.jobs.size });
  await close();
}

/** A run at its end, with all that only a real one has: in both schemes, and on a phone. */
export async function ended({ browser, base, args }) {
  for (const [scheme, viewport] of [
    ['light', null],
    ['dark', null],
    ['light', { width: 360, height: 740 }],
  ]) {
    const { page, clean, close } = await guarded(browser, base, {
      colorScheme: scheme,
      ...(viewport ? { viewport } : {}),
    });
    await go(page, `${base}/ui/runs/${args.run}`);
    await page.getByText(args.shows[0]).first().waitFor();
    await seeAll(page); // charts are drawn when they come in sight
    for (const text of args.shows) await page.getByText(text).first().waitFor();
    await accessible(page, `a run that is ${args.state}, ${scheme}`);
    await fits(page, `a run that is ${args.state}`);
    if (args.artifact) {
      await page.getByRole('button', { name: `View ${args.artifact}` }).click();
      const text = page.locator(`section[aria-label="${args.artifact}"]`);
      await text.waitFor();
      ensure(
        (await text.innerText()).includes(args.artifactSays),
        `${args.artifact}: ${await text.innerText()}`,
      );
      ensure((await page.locator('[data-hostile]').count()) === 0, 'markup of a file became the page’s');
    }
    clean(scheme);
    await close();
  }
}

/** The button asks once, then it is cancelled. */
export async function cancelled({ browser, base, args }) {
  const { page, clean, close } = await guarded(browser, base);
  await go(page, `${base}/ui/runs/${args.run}`);
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await page.getByRole('button', { name: 'Cancel it now' }).click();
  await page.locator('dl.facts .badge', { hasText: 'cancelled' }).waitFor({ timeout: 60_000 });
  ensure(
    (await page.getByRole('button', { name: 'Cancel', exact: true }).count()) === 0,
    'what is cancelled can be cancelled',
  );
  clean('cancelled');
  await close();
}
