import type { ComponentChildren } from 'preact';
import type { Problem } from '../api/client';

/** What went wrong, in the daemon's own words, with every fault that it found. */
export function ErrorBox({ error, retry }: { error: Problem | null; retry?: () => void }) {
  if (!error) return null;
  return (
    <div class="box bad" role="alert">
      <strong>{error.title}</strong>
      <p class="said">{error.message}</p>
      {error.faults.length > 0 && (
        <ul>
          {error.faults.map((fault) => (
            <li key={`${fault.pointer} ${fault.expected}`}>
              <code>{fault.pointer || '/'}</code>: {fault.expected}
              {fault.got !== undefined && (
                <>
                  , not <code>{fault.got}</code>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      {error.requestId && <p class="muted small">Request {error.requestId} in the daemon's log.</p>}
      {retry && (
        <button type="button" class="secondary small" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

export function Warnings({ items }: { items: readonly string[] }) {
  if (items.length === 0) return null;
  return (
    <div class="box warn" role="note">
      <ul>
        {items.map((item) => (
          <li key={item}>{item}</li>
        ))}
      </ul>
    </div>
  );
}

/** Nothing is there, and how something gets there. */
export const Empty = ({ children }: { children: ComponentChildren }) => <p class="empty">{children}</p>;

export const Loading = ({ what }: { what: string }) => (
  <p aria-busy="true" role="status">
    Reading {what}
  </p>
);

/** Names and values, one under the other. */
export function Facts({ items }: { items: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {items.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** `used` of `all`, as a bar and in words. */
export function Gauge({
  label,
  used,
  all,
  text,
}: {
  label: string;
  used: number;
  all: number;
  text: string;
}) {
  return (
    <div class="gauge">
      <span>{label}</span>
      <progress value={Math.min(used, all)} max={all || 1} aria-label={label} />
      <span class="figure">{text}</span>
    </div>
  );
}

/** Text of a file, as it is. */
export const Source = ({ label, text }: { label: string; text: string }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keys too
  <section class="output" tabIndex={0} aria-label={label}>
    <pre>{text}</pre>
  </section>
);
