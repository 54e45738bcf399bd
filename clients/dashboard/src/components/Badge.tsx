// States, grades and verdicts: a word with a sign and a colour, never the colour alone.

export type Tone = 'good' | 'busy' | 'wait' | 'warn' | 'bad' | 'off';

export const SIGNS: Record<Tone, string> = { good: '✓', busy: '▸', wait: '◦', warn: '!', bad: '✕', off: '–' };

const TONES: Record<string, Tone> = {
  // clusters, nodes, images
  creating: 'busy',
  ready: 'good',
  failing: 'bad',
  failed: 'bad',
  deleting: 'busy',
  deleted: 'off',
  planned: 'wait',
  lost: 'bad',
  gone: 'off',
  building: 'busy',
  // campaigns, runs, steps
  queued: 'wait',
  running: 'busy',
  paused: 'wait',
  cancelling: 'busy',
  cancelled: 'off',
  preparing: 'busy',
  measuring: 'busy',
  clearing: 'busy',
  done: 'good',
  intended: 'busy',
  // grades, verdicts, rules of the checklist
  usable: 'good',
  limited: 'warn',
  invalid: 'bad',
  publishable: 'good',
  exploratory: 'warn',
  met: 'good',
  'not met': 'warn',
  'not applicable': 'off',
  // jobs
  completed: 'good',
  killed: 'bad',
  refused: 'bad',
  // checks of a host
  ok: 'good',
  warning: 'warn',
  error: 'bad',
  info: 'off',
};

export function toneOf(word: string): Tone {
  return TONES[word] ?? 'off';
}

export function Badge({ word, tone, title }: { word: string; tone?: Tone; title?: string }) {
  const shown = tone ?? toneOf(word);
  return (
    <span class={`badge ${shown}`} title={title}>
      <span aria-hidden="true">{SIGNS[shown]}</span> {word}
    </span>
  );
}

/** A word with its reasons; they are shown, not only hinted at, where `open` is set. */
export function Judged({
  value,
  reasons,
  open = false,
}: {
  value: string;
  reasons: readonly string[];
  open?: boolean;
}) {
  if (reasons.length === 0) return <Badge word={value} />;
  if (open) {
    return (
      <div>
        <Badge word={value} />
        <ul class="reasons">
          {reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      </div>
    );
  }
  return <Badge word={value} title={reasons.join('\n')} />;
}

/** Of a run. */
export const Grade = ({
  grade,
  open,
}: {
  grade: { value: string; reasons: string[] } | null;
  open?: boolean;
}) =>
  grade ? (
    <Judged value={grade.value} reasons={grade.reasons} open={open} />
  ) : (
    <span class="muted">none yet</span>
  );

/** Of a campaign or a comparison. */
export const Verdict = Grade;
