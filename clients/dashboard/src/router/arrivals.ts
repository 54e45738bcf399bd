// Has the reader come here by a link within the pages? The first page leaves the focus where the browser
// puts it.
let arrived = false;

export const arrivals = {
  note(): void {
    arrived = true;
  },
  take(): boolean {
    const was = arrived;
    arrived = false;
    return was;
  },
};
