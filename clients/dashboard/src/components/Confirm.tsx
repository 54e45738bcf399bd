// A button for what can't be taken back: the first press asks, the second does.
import { useEffect, useState } from 'preact/hooks';

interface Props {
  label: string;
  /** What the second press says, `Remove for good`. */
  sure: string;
  busy?: boolean;
  onConfirm: () => void;
}

const CALM_MS = 5000;

export function Confirm({ label, sure, busy = false, onConfirm }: Props) {
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (!asked) return;
    const timer = setTimeout(() => setAsked(false), CALM_MS);
    return () => clearTimeout(timer);
  }, [asked]);
  return (
    <button
      type="button"
      class={asked ? 'small danger' : 'secondary small'}
      disabled={busy}
      aria-busy={busy}
      onClick={() => {
        if (asked) onConfirm();
        setAsked(!asked);
      }}
      onKeyDown={(e) => e.key === 'Escape' && setAsked(false)}
    >
      {asked ? sure : label}
    </button>
  );
}
