// All that happens, as it happens: one stream for the whole page. Where the stream can't be had, pages
// of events are asked for instead; where nothing answers, both are tried until something does.
import type { Answer, Schemas } from './client';
import { ask, get, Problem, read } from './client';
import { feed, lostSince } from './connection';
import { messageReader } from './sse';
import { pass, shareEvents } from './tabs';

export type BenchdEvent = Schemas['Event'];
type Listener = (event: BenchdEvent) => void;

/** The daemon sends a comment every 15 s; what has been silent for longer is gone. */
const SILENCE_MS = 40_000;
const RETRY_MS = [500, 1000, 2000, 4000, 8000];
const POLL_WAIT_S = 10;
/** After so long without a stream it is tried again. */
const POLLED_MS = 30_000;

const listeners = new Set<Listener>();
let last: number | null = null;

/** Calls until the returned function is called. */
export function onEvent(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(event: BenchdEvent): void {
  if (last !== null && event.seq <= last) return;
  last = event.seq;
  pass(event);
  for (const listener of listeners) listener(event);
}

async function findEnd(): Promise<number> {
  const page = await get('/v1/events', { query: { last: 1 } });
  return page.items[0]?.seq ?? 0;
}

async function stream(since: number): Promise<void> {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(), SILENCE_MS);
  try {
    const reply = await ask('/v1/events', {
      headers: { Accept: 'text/event-stream', 'Last-Event-ID': String(since) },
      signal: abort.signal,
    });
    if (!reply.body) throw new Problem(reply.status, 'No stream', 'This browser can not read streams.');
    feed.value = 'stream';
    const messages = messageReader();
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), SILENCE_MS);
      for (const message of messages(value)) tell(JSON.parse(message.data) as BenchdEvent);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** For as long as `until` has not come: pages of events, each held back until there is something in it. */
async function poll(until: number): Promise<void> {
  feed.value = 'polling';
  let etag: string | null = null;
  while (Date.now() < until) {
    const page: Answer<Schemas['EventList']> | null = await read(
      '/v1/events',
      { query: { since: last ?? 0, wait: POLL_WAIT_S, limit: 500 } },
      etag,
    );
    if (!page) continue;
    etag = page.etag;
    for (const event of page.data.items) tell(event);
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function askOn(): Promise<never> {
  let failures = 0;
  for (;;) {
    const begun = Date.now();
    try {
      last ??= await findEnd();
      await stream(last);
    } catch {
      // Told by the state of the connection; what is left is to try again.
    }
    feed.value = 'starting';
    failures = Date.now() - begun > 10_000 ? 0 : failures + 1;
    if (failures >= 3 && lostSince.value === null) {
      await poll(Date.now() + POLLED_MS).catch(() => undefined);
    }
    await pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 8000);
  }
}

/**
 * Goes on for as long as the page is there. A browser has few connections to one server, and a stream takes
 * one: of all tabs one asks, and tells the others; when it goes, the next one asks.
 */
export async function followEvents(): Promise<void> {
  if (!navigator.locks) return askOn(); // only where the page is from https or from this machine
  const tabs = shareEvents(tell);
  await navigator.locks.request('benchd-events', () => {
    tabs.lead();
    return askOn();
  });
}
