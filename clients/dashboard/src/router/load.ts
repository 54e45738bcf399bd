// Code that is loaded when it is needed. Browsers cut requests off when links of the machine come and go, as
// those of clusters do beside them: what could not be loaded is tried again before that is told.
const AGAIN_MS = [200, 1000];

export async function loaded<T>(load: () => Promise<T>): Promise<T> {
  for (const ms of AGAIN_MS) {
    try {
      return await load();
    } catch {
      await new Promise((done) => setTimeout(done, ms));
    }
  }
  return load();
}
