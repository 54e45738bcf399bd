// What the daemon says about a spec while it is being written.
import { useEffect, useState } from 'preact/hooks';
import { Problem, type Schemas, send } from '../api/client';
import { type Mark, parseSpec } from './text';

export type Plan = Schemas['Plan'];

export interface Planned {
  /** Of the newest text that had one. */
  plan: Plan | null;
  /** It is of the text as it is now. */
  current: boolean;
  busy: boolean;
  marks: Mark[];
  /** What is wrong beside faults at places. */
  error: Problem | null;
}

const CALM_MS = 400;
const NOTHING: Planned = { plan: null, current: false, busy: false, marks: [], error: null };

export const faultText = (fault: { expected: string; got?: string }) =>
  fault.got === undefined ? fault.expected : `${fault.expected}; there is ${fault.got}`;

/** Asked some moments after the last change. */
export function usePlan(text: string): Planned {
  const [planned, setPlanned] = useState<Planned>(NOTHING);
  useEffect(() => {
    const abort = new AbortController();
    setPlanned((old) => ({ ...old, current: false, busy: true }));
    const timer = setTimeout(async () => {
      const { value, marks, place } = parseSpec(text);
      if (marks.length > 0 || value === undefined || value === null) {
        setPlanned((old) => ({ ...old, busy: false, marks, error: null }));
        return;
      }
      try {
        const plan = await send<Plan>('POST', '/v1/plans', {}, value, abort.signal);
        setPlanned({ plan, current: true, busy: false, marks: [], error: null });
      } catch (thrown) {
        if (abort.signal.aborted) return;
        const error =
          thrown instanceof Problem ? thrown : new Problem(0, 'No plan could be made', String(thrown));
        const faults = error.faults.map((fault) => ({
          ...place(fault.pointer),
          message: `${fault.pointer || '/'}: ${faultText(fault)}`,
        }));
        setPlanned((old) => ({
          ...old,
          busy: false,
          marks: faults,
          error: faults.length > 0 ? null : error,
        }));
      }
    }, CALM_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text]);
  return planned;
}
