// A spec as YAML, with completion and marks of its faults.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../api/client';
import type { Known } from '../spec/complete';
import type { Editor } from '../spec/editor';
import { knowledge } from '../spec/known';
import type { Mark } from '../spec/text';
import { ErrorBox, Loading } from './boxes';

interface Props {
  label: string;
  /** What it begins with; from then on the editor has the text. */
  text: string;
  onChange: (text: string) => void;
  marks: readonly Mark[];
  /** Gets what shows a place, and what replaces the text. */
  onReady?: (editor: Editor) => void;
}

export function SpecEditor({ label, text, onChange, marks, onReady }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const known = useRef<Known | null>(null);
  const latest = useRef({ text, onChange });
  latest.current = { text, onChange };
  const [editor, setEditor] = useState<Editor | null>(null);
  const [error, setError] = useState<Problem | null>(null);

  useEffect(() => {
    let made: Editor | null = null;
    let gone = false;
    const failed = (what: string) => (thrown: unknown) =>
      setError(thrown instanceof Problem ? thrown : new Problem(0, what, String(thrown)));
    knowledge().then((all) => {
      known.current = all;
    }, failed('There is no completion'));
    import('../spec/editor').then(({ createEditor }) => {
      const box = place.current;
      if (gone || !box) return;
      made = createEditor(box.shadowRoot ?? box.attachShadow({ mode: 'open' }), {
        text: latest.current.text,
        label,
        onChange: (typed) => latest.current.onChange(typed),
        known: () => known.current,
      });
      setEditor(made);
      onReady?.(made);
    }, failed('The editor could not be loaded'));
    return () => {
      gone = true;
      made?.destroy();
    };
  }, [label]);

  useEffect(() => editor?.setMarks(marks), [editor, marks]);

  return (
    <>
      <ErrorBox error={error} />
      {!editor && !error && <Loading what="the editor" />}
      <div class="editor" ref={place} />
      <p class="small muted">
        Ctrl+Space: what may be written here. F8: the next fault. Tab leaves the editor.
      </p>
    </>
  );
}
