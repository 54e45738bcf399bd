// What stands beside the navigation: is the daemon there, and light or dark.
import { useState } from 'preact/hooks';
import { connection, lostSince } from '../api/connection';
import { Badge, type Tone } from '../components/Badge';
import { duration } from '../components/format';
import { now } from '../components/time';
import { chooseTheme, type Theme, theme } from './theme';

const STATES: Record<string, { word: string; tone: Tone; title: string }> = {
  starting: { word: 'connecting', tone: 'wait', title: 'The stream of events is being opened' },
  stream: { word: 'live', tone: 'good', title: 'Changes are shown as they happen' },
  polling: {
    word: 'polling',
    tone: 'warn',
    title: 'The stream of events can not be had: pages ask every few seconds',
  },
  lost: {
    word: 'no connection',
    tone: 'bad',
    title: 'The daemon does not answer; it is tried again until it does',
  },
};

export function ConnectionState() {
  const state = STATES[connection.value];
  if (!state) return null;
  const since = lostSince.value;
  const word =
    since === null
      ? state.word
      : `${state.word} for ${duration(Math.max(0, Math.round((now.value - since) / 1000) * 1000))}`;
  return (
    <>
      <Badge word={word} tone={state.tone} title={state.title} />
      <span class="hidden" role="status">
        {since === null ? '' : state.title}
      </span>
    </>
  );
}

const NEXT: Record<Theme, Theme> = { auto: 'light', light: 'dark', dark: 'auto' };

export function ThemeSwitch() {
  const [shown, setShown] = useState(theme());
  return (
    <button
      type="button"
      class="secondary small"
      onClick={() => {
        chooseTheme(NEXT[shown]);
        setShown(NEXT[shown]);
      }}
    >
      <span class="hidden">Colours: </span>
      {shown}
    </button>
  );
}
