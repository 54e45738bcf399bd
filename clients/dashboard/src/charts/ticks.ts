// Ticks of a logarithmic axis that spans little: round values, as many as there is room for. Pure.

/** 1, 2 or 5 times a power of ten, so that at most `most` steps are in `span`. */
function stepOf(span: number, most: number): number {
  const raw = span / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(raw));
  const times = [1, 2, 5, 10].find((t) => t * power >= raw * (1 - 1e-9)) ?? 10;
  return times * power;
}

export function logTicks(low: number, high: number, most: number): number[] {
  const out: number[] = [];
  if (high / low < 10) {
    const step = stepOf(high - low, most);
    for (let n = Math.ceil(low / step); n * step <= high; n++) out.push(Number((n * step).toPrecision(12)));
    return out;
  }
  const decades = Math.log10(high / low);
  const of = decades * 3 <= most ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(decades / most));
  for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); e++)
    for (const n of e % every === 0 ? of : []) {
      const tick = Number(`${n}e${e}`);
      if (tick >= low && tick <= high) out.push(tick);
    }
  return out;
}
