// What is typed and not submitted yet: kept in this tab, so that a reload loses nothing. With it goes the key
// that makes submitting the same text twice harmless.
const KEY = 'benchd-draft';

export interface Draft {
  text: string;
  key: string;
}

/** Of 128 random bits; crypto.randomUUID is for pages that came by TLS or loopback only. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
}

let here: Draft | null = null;

export function draft(): Draft | null {
  if (here) return here;
  try {
    here = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Draft | null;
  } catch {
    here = null; // storage can be switched off
  }
  return here;
}

export function keep(text: string): Draft {
  const old = draft();
  here = old?.text === text ? old : { text, key: newKey() };
  try {
    sessionStorage.setItem(KEY, JSON.stringify(here));
  } catch {
    // Then it is kept until the page is left.
  }
  return here;
}

export function discard(): void {
  here = null;
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was kept there.
  }
}
