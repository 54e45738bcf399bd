// Is the daemon there? Every request tells; the stream of events tells what keeps pages up to date.
import { computed, signal } from '@preact/signals';

/** How changes become known: by the stream, by asking again and again, or not at all. */
export type Feed = 'starting' | 'stream' | 'polling';

export const feed = signal<Feed>('starting');
/** When the first request in a row went unanswered; null while the daemon answers. */
export const lostSince = signal<number | null>(null);

export const connection = computed(() => (lostSince.value !== null ? 'lost' : feed.value));

export function heard(): void {
  lostSince.value = null;
}

export function missed(): void {
  lostSince.value ??= Date.now();
}
