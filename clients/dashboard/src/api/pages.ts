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

export interface Pages<R> {
  rows: R[];
  error: Problem | null;
  loading: boolean;
  /** There is more than what is here. */
  more: boolean;
  /** Gets the next page; nothing where one is on its way, or where there is none. */
  extend: () => void;
  /** Gets all that there is. */
  extendAll: () => void;
  reload: () => void;
}

const PAGE = 100;
const PAGE_OF_ALL = 500;

/** Newest first: `fresh` before what is known already, each object once and in its newest form. */
export function merge<R extends { id: string }>(fresh: readonly R[], known: readonly R[]): R[] {
  const seen = new Set(fresh.map((row) => row.id));
  return [...fresh, ...known.filter((row) => !seen.has(row.id))];
}

interface Known<R> {
  key: string;
  rows: R[];
  next: string | null;
  /** More than the first page has been read. */
  went: boolean;
}

/** `pick` takes what is shown of an item: lists can be long, and items big. It has to be the same function each time. */
export function usePages<P extends keyof Lists & keyof Reads, R extends { id: string }>(
  path: P,
  target: Target,
  pick: (item: ItemOf<P>) => R,
  watch: Watch = {},
): Pages<R> {
  const query = { ...target.query, limit: PAGE };
  const key = address(path, { ...target, query });
  const head = useResource(path, { ...target, query }, watch);
  const first = head.data as Listing<ItemOf<P>> | null;
  const [known, setKnown] = useState<Known<R>>({ key, rows: [], next: null, went: false });
  const [error, setError] = useState<Problem | null>(null);
  const busy = useRef(false);
  const shown = useRef(key);
  shown.current = key;
  useEffect(() => {
    return () => {
      shown.current = '';
    };
  }, []);

  // What slides off the first page as new objects come in stays known.
  useEffect(() => {
    if (!first) return;
    const rows = first.items.map(pick);
    setKnown((old) =>
      old.key === key && old.went
        ? { ...old, rows: merge(rows, old.rows) }
        : { key, rows, next: first.next, went: false },
    );
  }, [first, key, pick]);

  const own = known.key === key ? known : null;
  const next = own?.next ?? null;

  const readOn = async (all: boolean) => {
    let cursor = next;
    try {
      do {
        const limit = all ? PAGE_OF_ALL : PAGE;
        const page = (await get(path, {
          ...target,
          query: { ...query, limit, cursor: cursor ?? '' },
        })) as Listing<ItemOf<P>>;
        cursor = page.next;
        const fresh = page.items.map(pick);
        setKnown((old) =>
          old.key === key ? { key, rows: merge(old.rows, fresh), next: page.next, went: true } : old,
        );
      } while (all && cursor !== null && shown.current === key);
      setError(null);
    } catch (thrown) {
      setError(thrown as Problem);
    } finally {
      busy.current = false;
    }
  };
  const begin = (all: boolean) => {
    if (next === null || busy.current) return;
    busy.current = true;
    void readOn(all);
  };
  const extend = useCallback(() => begin(false), [next, key]);
  const extendAll = useCallback(() => begin(true), [next, key]);

  return {
    rows: own?.rows ?? [],
    error: head.error ?? error,
    loading: head.loading,
    more: next !== null,
    extend,
    extendAll,
    reload: head.reload,
  };
}
