// One tab of the browser has the stream of events; the others hear of it.
import { effect } from '@preact/signals';
import type { Schemas } from './client';
import { type Feed, feed, lostSince } from './connection';

type BenchdEvent = Schemas['Event'];
type Word =
  | { kind: 'event'; event: BenchdEvent }
  | { kind: 'state'; feed: Feed; lostSince: number | null }
  | { kind: 'who' };

let channel: BroadcastChannel | null = null;
let leads = false;

const say = (word: Word) => channel?.postMessage(word);
const sayState = () => say({ kind: 'state', feed: feed.value, lostSince: lostSince.value });

/** Hands an event on, where this tab is the one that has the stream. */
export function pass(event: BenchdEvent): void {
  if (leads) say({ kind: 'event', event });
}

/** Hears until it leads; `lead` makes it the one that tells. */
export function shareEvents(tell: (event: BenchdEvent) => void): { lead: () => void } {
  channel = new BroadcastChannel('benchd-events');
  channel.onmessage = ({ data }: MessageEvent<Word>) => {
    if (leads) {
      if (data.kind === 'who') sayState();
    } else if (data.kind === 'event') tell(data.event);
    else if (data.kind === 'state') {
      feed.value = data.feed;
      lostSince.value = data.lostSince;
    }
  };
  say({ kind: 'who' });
  return {
    lead: () => {
      leads = true;
      effect(() => {
        void feed.value;
        void lostSince.value;
        sayState();
      });
    },
  };
}
