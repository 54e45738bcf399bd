// Figures as text, always with their unit. Pure.

const SPACE = ' '; // no line break between figure and unit

/** At most `digits` significant ones, without an exponent for what people read easily. */
export function number(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(Math.max(0, digits - 1));
  return value.toLocaleString('en', {
    maximumSignificantDigits: Math.max(digits, size < 1 ? 1 : Math.floor(Math.log10(size)) + 1),
  });
}

export function count(value: number): string {
  return value.toLocaleString('en');
}

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function bytes(value: number): string {
  let unit = 0;
  let size = value;
  while (Math.abs(size) >= 1024 && unit < BINARY.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${number(size, 3)}${SPACE}${BINARY[unit]}`;
}

const DECIMAL = ['', 'k', 'M', 'G', 'T', 'P'];

/** 11.6 Gbit/s. */
function decimal(value: number, unit: string): string {
  const power = Math.min(DECIMAL.length - 1, Math.max(0, Math.floor(Math.log10(Math.abs(value) || 1) / 3)));
  return `${number(value / 1000 ** power, 3)}${SPACE}${DECIMAL[power]}${unit}`;
}

export function percent(part: number, digits = 3): string {
  return `${number(part * 100, digits)}${SPACE}%`;
}

/** 340 ms, 2.05 s, 3 min 07 s, 2 h 05 min, 3 d 04 h. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return String(ms);
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms > 0 && ms < 1) return `${number(ms * 1000, 3)}${SPACE}µs`;
  if (ms < 999.5) return `${number(ms, 3)}${SPACE}ms`;
  if (ms < 59_950) return `${number(ms / 1000, 3)}${SPACE}s`;
  const two = (value: number) => String(value).padStart(2, '0');
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}${SPACE}min${SPACE}${two(seconds % 60)}${SPACE}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}${SPACE}h${SPACE}${two(minutes % 60)}${SPACE}min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)}${SPACE}d${SPACE}${two(hours % 24)}${SPACE}h`;
}

/** A value of the contract with its unit (`s`, `B`, `1`, `%`, `1/s`, ...). */
export function quantity(value: number, unit: string): string {
  switch (unit) {
    case 's':
      return duration(value * 1000);
    case 'B':
    case 'bytes':
      return bytes(value);
    case 'B/s':
      return `${bytes(value)}/s`;
    case 'bit/s':
    case 'Hz':
    case 'flop/s':
      return decimal(value, unit);
    case '1':
    case '':
      return number(value);
    default:
      return `${number(value)}${SPACE}${unit}`;
  }
}

export function ago(then: number, now: number): string {
  const ms = now - then;
  if (Math.abs(ms) < 1500) return 'now';
  const coarse = Math.abs(ms) < 60_000 ? Math.round(Math.abs(ms) / 1000) * 1000 : Math.abs(ms);
  return ms < 0 ? `in ${duration(coarse)}` : `${duration(coarse)} ago`;
}

/** 2026-01-31 12:00:00 in the reader's own zone, which is named. */
export function moment(iso: string): string {
  const at = new Date(iso);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const zone = -at.getTimezoneOffset();
  const sign = zone < 0 ? '−' : '+';
  const offset =
    zone === 0 ? 'UTC' : `UTC${sign}${two(Math.floor(Math.abs(zone) / 60))}:${two(Math.abs(zone) % 60)}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())} ${offset}`;
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** The levels of a cell, one after the other: `SchedulerType sched/backfill`. Only the last name of each path. */
export function levels(cell: Record<string, unknown>): string {
  return Object.entries(cell)
    .map(([path, level]) => {
      const name = path.split(/[./]/).pop() || path;
      return `${name} ${typeof level === 'string' ? level : JSON.stringify(level)}`;
    })
    .join(', ');
}
