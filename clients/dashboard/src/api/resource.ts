// What a page shows of the daemon, kept up to date: read again when an event says that it has changed, and
// by the clock, always with what it has already (If-None-Match), and not at all while nobody looks.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Answer, Problem, Reads, Target } from './client';
import { address, read, readText } from './client';
import { feed } from './connection';
import type { paths } from './contract';
import type { BenchdEvent } from './events';
import { onEvent } from './events';

export interface Watch {
  /** Which events may have changed it. */
  on?: (event: BenchdEvent) => boolean;
  /** Read again after so long in any case, for what changes without an event. */
  everyMs?: number;
}

export interface Resource<T> {
  data: T | null;
  /** Of the last attempt; `data` is then what was there before. */
  error: Problem | null;
  /** True until the first answer. */
  loading: boolean;
  reload: () => void;
}

/** While events come, each page looks by itself only this often. */
const RARELY_MS = 60_000;
/** Where they do not, this often. */
const FALLBACK_MS = 5000;
/** What goes on and has no events of its own is looked at so often. */
export const LIVE_MS = 2000;
/** Events that come together cause one request, and many of them one a second. */
const SETTLE_MS = 200;
const LEAST_MS = 1000;

type Reader<T> = (etag: string | null, signal: AbortSignal) => Promise<Answer<T> | null>;

/** `path` null reads nothing. `on` and `everyMs` may differ from call to call; the newest hold. */
export function useResource<P extends keyof Reads>(
  path: P | null,
  target: Target = {},
  watch: Watch = {},
): Resource<Reads[P]> {
  const key = path === null ? null : address(path as keyof paths, target);
  return useKept(key, (etag, signal) => read(path as P, target, etag, signal), watch);
}

/** As useResource(), of what is text. */
export function useText(path: keyof paths | null, target: Target = {}, watch: Watch = {}): Resource<string> {
  const key = path === null ? null : address(path, target);
  return useKept(key, (etag, signal) => readText(key ?? '', etag, signal), watch);
}

/** `key` says what it is of; where it is another, it is read anew. */
function useKept<T>(key: string | null, reader: Reader<T>, watch: Watch): Resource<T> {
  const [state, setState] = useState<{
    key: string | null;
    data: T | null;
    error: Problem | null;
    loading: boolean;
  }>({ key, data: null, error: null, loading: key !== null });
  const newest = useRef({ watch, reader });
  newest.current = { watch, reader };
  const kick = useRef<() => void>(() => undefined);

  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    let etag: string | null = null;
    let busy = false;
    let again = false;
    let ended = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const soon = () => later(Math.max(SETTLE_MS, ended + LEAST_MS - Date.now()));
    const later = (ms: number) => {
      clearTimeout(timer);
      timer = setTimeout(load, ms);
    };
    const rest = () => {
      const every = newest.current.watch.everyMs;
      if (every !== undefined) return every;
      return feed.value === 'starting' ? FALLBACK_MS : RARELY_MS;
    };
    async function load() {
      if (busy) {
        again = true;
        return;
      }
      if (document.hidden && etag !== null) return; // goes on by visibilitychange
      busy = true;
      again = false;
      try {
        const answer = await newest.current.reader(etag, abort.signal);
        if (answer) {
          etag = answer.etag;
          setState({ key, data: answer.data, error: null, loading: false });
        } else {
          setState((old) => (old.error ? { ...old, error: null } : old));
        }
      } catch (error) {
        if (abort.signal.aborted) return;
        setState((old) => ({
          key,
          data: old.key === key ? old.data : null,
          error: error as Problem,
          loading: false,
        }));
      } finally {
        busy = false;
      }
      ended = Date.now();
      if (again) soon();
      else later(rest());
    }

    kick.current = () => later(0);
    setState((old) => (old.key === key ? old : { key, data: null, error: null, loading: true }));
    void load();
    const unlisten = onEvent((event) => {
      if (!newest.current.watch.on?.(event)) return;
      if (busy) again = true;
      else soon();
    });
    const look = () => !document.hidden && later(0);
    document.addEventListener('visibilitychange', look);
    return () => {
      abort.abort();
      clearTimeout(timer);
      unlisten();
      document.removeEventListener('visibilitychange', look);
    };
  }, [key]);

  const reload = useCallback(() => kick.current(), []);
  const own = state.key === key;
  return {
    data: own ? state.data : null,
    error: own ? state.error : null,
    loading: own ? state.loading : key !== null,
    reload,
  };
}

/** While it goes on, reads again what changes without an event. */
export function useLive(goesOn: boolean, reload: () => void): void {
  useEffect(() => {
    if (!goesOn) return;
    const timer = setInterval(reload, LIVE_MS);
    return () => clearInterval(timer);
  }, [goesOn, reload]);
}

/** Events about one object, `run/1f2e3d4c`, or about all of a sort, `run/`. */
export function about(...subjects: string[]): (event: BenchdEvent) => boolean {
  return (event) =>
    subjects.some((s) => (s.endsWith('/') ? event.subject.startsWith(s) : event.subject === s));
}
