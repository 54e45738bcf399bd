// A list of the daemon's, page by page, as far as it has been looked at; its beginning is kept up to date.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Problem, Reads, Target } from './client';
import { address, get } from './client';
import type { Watch } from './resource';
import { useResource } from './resource';

type Listing<T> = { items: T[]; next: string | null };
/** Paths that answer `{items, next}`. */
export type Lists = { [P in keyof Reads as Reads[P] extends Listing<unknown> ? P : never]: Reads[P] };
export type ItemOf<P extends keyof Lists> = Lists[P] extends Listing<infer T> ? T : never;

export interface Pages<T> {
  items: T[];
  error: Problem | null;
  loading: boolean;
  /** There is more than what is here. */
  more: boolean;
  /** Gets the next page; nothing where one is on its way, or where there is none. */
  extend: () => void;
  reload: () => void;
}

const PAGE = 200;

/** Newest first: `fresh` before what is known already, each object once and in its newest form. */
export function merge<T>(fresh: readonly T[], known: readonly T[], id: (item: T) => string): T[] {
  const seen = new Map(fresh.map((item) => [id(item), item]));
  const kept = known.filter((item) => !seen.has(id(item)));
  return [...fresh, ...kept];
}

export function usePages<P extends keyof Lists & keyof Reads>(
  path: P,
  target: Target,
  id: (item: ItemOf<P>) => string,
  watch: Watch = {},
): Pages<ItemOf<P>> {
  type Item = ItemOf<P>;
  const query = { ...target.query, limit: PAGE };
  const key = address(path, { ...target, query });
  const head = useResource(path, { ...target, query }, watch);
  const first = head.data as Listing<Item> | null;
  const [tail, setTail] = useState<{ key: string; items: Item[]; next: string | null; began: boolean }>({
    key,
    items: [],
    next: null,
    began: false,
  });
  const [error, setError] = useState<Problem | null>(null);
  const busy = useRef<string | null>(null);

  // What slides off the first page as new objects come in stays known.
  useEffect(() => {
    if (!first) return;
    setTail((old) =>
      old.key === key && old.began
        ? { ...old, items: merge(first.items, old.items, id) }
        : { key, items: first.items, next: first.next, began: false },
    );
  }, [first, key]);

  const own = tail.key === key ? tail : null;
  const next = own?.next ?? null;
  const extend = useCallback(() => {
    if (next === null || busy.current === next) return;
    busy.current = next;
    get(path, { ...target, query: { ...query, cursor: next } })
      .then((answer) => {
        const page = answer as Listing<Item>;
        setError(null);
        setTail((old) =>
          old.key === key
            ? { key, items: merge(old.items, page.items, id), next: page.next, began: true }
            : old,
        );
      })
      .catch((thrown: Problem) => setError(thrown))
      .finally(() => {
        busy.current = null;
      });
  }, [next, key]);

  const items = own?.items ?? first?.items ?? [];
  return {
    items,
    error: head.error ?? error,
    loading: head.loading,
    more: next !== null,
    extend,
    reload: head.reload,
  };
}
