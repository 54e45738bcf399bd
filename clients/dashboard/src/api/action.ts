// Something that a person asks for once: whether it is under way, and what went wrong.
import { useCallback, useState } from 'preact/hooks';
import { Problem } from './client';

export interface Action<A extends unknown[]> {
  busy: boolean;
  error: Problem | null;
  act: (...args: A) => Promise<void>;
  clear: () => void;
}

export function useAction<A extends unknown[]>(body: (...args: A) => Promise<void>): Action<A> {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Problem | null>(null);
  const act = async (...args: A) => {
    setBusy(true);
    setError(null);
    try {
      await body(...args);
    } catch (thrown) {
      setError(thrown instanceof Problem ? thrown : new Problem(0, 'Failed', String(thrown)));
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, act, clear: useCallback(() => setError(null), []) };
}
