// Light, dark, or as the system has it. Remembered in this browser.
export type Theme = 'auto' | 'light' | 'dark';
const KEY = 'benchd-theme';

export function theme(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : 'auto';
  } catch {
    return 'auto'; // storage can be switched off
  }
}

export function applyTheme(chosen: Theme): void {
  const root = document.documentElement;
  if (chosen === 'auto') delete root.dataset.theme;
  else root.dataset.theme = chosen;
}

export function chooseTheme(chosen: Theme): void {
  applyTheme(chosen);
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // Then it holds for this page alone.
  }
}
