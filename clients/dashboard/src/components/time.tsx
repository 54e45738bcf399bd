import { signal } from '@preact/signals';
import { ago, bytes, duration, moment } from './format';

/** The time by this machine's clock, once a second while somebody looks. */
export const now = signal(Date.now());
setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1000);

/** `3 min ago`, with the moment itself on hover and for programs. */
export function Ago({ at }: { at: string | null }) {
  if (at === null) return <span class="muted">–</span>;
  return (
    <time dateTime={at} title={moment(at)}>
      {ago(Date.parse(at), now.value)}
    </time>
  );
}

export function Moment({ at }: { at: string | null }) {
  if (at === null) return <span class="muted">–</span>;
  return <time dateTime={at}>{moment(at)}</time>;
}

/** Of something that began, up to its end or to now. */
export function Elapsed({ from, to }: { from: string | null; to: string | null }) {
  if (from === null) return <span class="muted">–</span>;
  const end = to === null ? now.value : Date.parse(to);
  return <span class="figure">{duration(Math.max(0, end - Date.parse(from)))}</span>;
}

export const Duration = ({ ms }: { ms: number | null | undefined }) =>
  ms === null || ms === undefined ? <span class="muted">–</span> : <span class="figure">{duration(ms)}</span>;

export const Bytes = ({ n }: { n: number | null | undefined }) =>
  n === null || n === undefined ? (
    <span class="muted">–</span>
  ) : (
    <span class="figure" title={`${n} bytes`}>
      {bytes(n)}
    </span>
  );
