// How pages hear of what happens: by one stream for all tabs, and by asking where there is none.
import { throughDoor } from './door.mjs';
import { accessible, ask, go, guarded, LOST, until } from './lib.mjs';

const says = (page, word, timeout) =>
  page.locator('.top-tools .badge', { hasText: word }).waitFor(timeout ? { timeout } : {});

/** Streams are refused: pages ask every few seconds, and return to the stream once it is to be had. */
export const polled = ({ browser, base }) =>
  throughDoor(base, async (door) => {
    const expected = [...LOST, /status of 502/];
    const { page, clean, close } = await guarded(browser, door.url, { expected });
    door.refuseStreams(true);
    await page.clock.install();
    await go(page, `${door.url}/ui/`);
    await says(page, 'polling', 30_000);
    door.refuseStreams(false);
    await page.clock.fastForward(60_000); // it is not tried at once
    await says(page, 'live', 90_000);
    clean('polled');
    await close();
  });

/** One tab has the stream for all; when it goes the next one has it; cut off, it comes back. */
export const tabs = ({ browser, base }) =>
  throughDoor(base, async (door) => {
    const { page, clean, close } = await guarded(browser, door.url, { expected: LOST });
    const one = () => until(() => door.streams() === 1, `there are ${door.streams()} streams`);
    await go(page, `${door.url}/ui/hosts`);
    await says(page, 'live');
    const other = await page.context().newPage();
    await go(other, `${door.url}/ui/hosts`);
    await says(other, 'live');
    await one();
    await page.close();
    await one();
    await says(other, 'live');
    door.shut();
    await says(other, 'no connection');
    door.open();
    await says(other, 'live', 30_000);
    clean('tabs');
    await close();
  });

/** What happens while a list is cut off is in it afterwards: asks for a campaign, of which one run fails. */
export const caught_up = ({ browser, base }) =>
  throughDoor(base, async (door) => {
    const { page, clean, close } = await guarded(browser, door.url, { expected: LOST });
    const rows = page.locator('tbody tr');
    await go(page, `${door.url}/ui/runs`);
    await rows.first().waitFor();
    const before = await rows.count();
    door.shut();
    const campaign = await ask('a campaign whose run fails');
    await says(page, 'no connection');
    door.open();
    await until(async () => (await rows.count()) === before + 1, 'a row for the new run', 60_000);
    await page.locator(`tbody tr:has-text("${campaign}"):has-text("failed")`).waitFor({ timeout: 60_000 });
    await accessible(page, 'runs');
    clean('caught up');
    await close();
  });
