// The editor of a spec: CodeMirror, loaded when it is needed. It lives in a shadow root, where its style
// sheets are allowed; its colours are the page's variables.
import {
  autocompletion,
  type CompletionContext,
  completionKeymap,
  startCompletion,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { type Known, optionsAt } from './complete';
import type { Mark } from './text';

const theme = EditorView.theme({
  '&': {
    color: 'inherit',
    backgroundColor: 'var(--raised)',
    border: '1px solid var(--line)',
    fontSize: '0.875rem',
    height: '100%',
  },
  '&.cm-focused': { outline: '2px solid var(--busy)' },
  '.cm-scroller': { fontFamily: 'ui-monospace, monospace', lineHeight: '1.5' },
  '.cm-gutters': {
    backgroundColor: 'var(--raised)',
    color: 'var(--muted)',
    borderRight: '1px solid var(--line)',
  },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--busy) 8%, transparent)' },
  '.cm-cursor': { borderLeftColor: 'currentColor' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--busy) 30%, transparent)',
  },
  '.cm-matchingBracket': { outline: '1px solid var(--muted)', backgroundColor: 'transparent !important' },
  '.cm-tooltip, .cm-panels': {
    backgroundColor: 'var(--pico-background-color)',
    color: 'var(--pico-color)',
    border: '1px solid var(--line)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--busy)',
    color: 'var(--pico-background-color)',
  },
  '.cm-tooltip-autocomplete li[aria-selected] .cm-completionDetail': { color: 'inherit' },
  '.cm-completionDetail': { color: 'var(--muted)', fontStyle: 'normal' },
  '.cm-completionInfo': { maxWidth: '24rem', whiteSpace: 'pre-line', fontFamily: 'system-ui, sans-serif' },
  '.cm-completionMatchedText': { textDecoration: 'underline' },
  '.cm-diagnostic': { whiteSpace: 'pre-wrap' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--bad)' },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--series-1)' },
  { tag: [tags.string, tags.content], color: 'inherit' },
  { tag: tags.attributeValue, color: 'var(--series-3)' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--muted)' },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: 'var(--muted)' },
]);

export interface Editor {
  text: () => string;
  /** Replaces all of it; can be undone as any other change. */
  setText: (text: string) => void;
  setMarks: (marks: readonly Mark[]) => void;
  /** Shows a place, and puts the cursor there. */
  goTo: (from: number) => void;
  destroy: () => void;
}

function completions(known: () => Known | null) {
  return (context: CompletionContext) => {
    const all = known();
    const found = all && optionsAt(context.state.doc.toString(), context.pos, all);
    if (!found) return null;
    const typed = context.pos > found.from;
    if (
      !typed &&
      !context.explicit &&
      !/[:\s[{,-]/.test(context.state.sliceDoc(context.pos - 1, context.pos))
    )
      return null;
    return {
      from: found.from,
      validFor: /^[\w./-]*$/,
      options: found.options.map((option, place) => ({
        label: option.label,
        detail: option.detail,
        info: option.info || undefined,
        type: option.kind === 'name' ? 'property' : 'constant',
        boost: -place / 10,
        apply: (view: EditorView, _: unknown, from: number, to: number) => {
          view.dispatch({
            changes: { from, to, insert: option.text },
            selection: { anchor: from + option.text.length },
            userEvent: 'input.complete',
          });
          if (option.kind === 'name') setTimeout(() => startCompletion(view));
        },
      })),
    };
  };
}

/** Left to itself, Chromium keeps the looks of what was selected by inline styles, which are not allowed. */
function overSelection(event: InputEvent, view: EditorView): boolean {
  if (event.inputType !== 'insertText' || !event.data || view.composing || view.state.selection.main.empty)
    return false;
  event.preventDefault();
  view.dispatch(view.state.replaceSelection(event.data), { userEvent: 'input.type', scrollIntoView: true });
  return true;
}

export function createEditor(
  root: ShadowRoot,
  options: { text: string; label: string; onChange: (text: string) => void; known: () => Known | null },
): Editor {
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        lineNumbers(),
        foldGutter(),
        lintGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        highlightActiveLine(),
        yaml(),
        syntaxHighlighting(colours),
        autocompletion({ override: [completions(options.known)], icons: false }),
        keymap.of([...completionKeymap, ...lintKeymap, ...historyKeymap, ...foldKeymap, ...defaultKeymap]),
        theme,
        EditorView.contentAttributes.of({ 'aria-label': options.label, tabindex: '0' }),
        EditorView.domEventHandlers({ beforeinput: overSelection }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    text: () => view.state.doc.toString(),
    setText: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
    setMarks: (marks) => {
      const end = view.state.doc.length;
      const diagnostics = marks.map((mark) => ({
        from: Math.min(mark.from, end),
        to: Math.min(mark.to, end),
        severity: 'error' as const,
        message: mark.message,
      }));
      view.dispatch(setDiagnostics(view.state, diagnostics));
    },
    goTo: (from) => {
      view.dispatch({ selection: { anchor: Math.min(from, view.state.doc.length) }, scrollIntoView: true });
      view.focus();
    },
    destroy: () => view.destroy(),
  };
}
