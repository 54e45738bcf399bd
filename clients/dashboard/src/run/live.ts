/** While a run goes on, what has no events of its own is looked at so often. */
export const LIVE_MS = 2000;
