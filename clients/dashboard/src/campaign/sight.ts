// Which part of a grid is in sight, in rows and in stretches of columns.
import { useCallback, useEffect, useState } from 'preact/hooks';

export const SIDE = 30;
export const HEAD = 26;
/** Columns come and go so many at a time. */
export const STRETCH = 8;
/** Rows beyond what is seen, for what scrolls before the page hears of it. */
const BEYOND = 2;

interface Sight {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

const namesWidth = (place: HTMLElement) => place.querySelector('.grid-name')?.clientWidth ?? 0;

function sightOf(place: HTMLElement): Sight {
  const { scrollTop, scrollLeft, clientHeight, clientWidth } = place;
  const wide = SIDE * STRETCH;
  return {
    top: Math.floor(scrollTop / SIDE) - BEYOND,
    bottom: Math.ceil((scrollTop + clientHeight - HEAD) / SIDE) + BEYOND,
    left: Math.floor(scrollLeft / wide),
    right: Math.ceil((scrollLeft + clientWidth - namesWidth(place)) / wide),
  };
}

const same = (a: Sight, b: Sight) =>
  a.top === b.top && a.bottom === b.bottom && a.left === b.left && a.right === b.right;

export function useSight(box: { readonly current: HTMLElement | null }): {
  sight: Sight;
  /** Scrolls as far as is needed for a place to be seen. */
  reveal: (row: number, column: number) => void;
} {
  const [sight, setSight] = useState<Sight>({ top: 0, bottom: 20, left: 0, right: 4 });
  useEffect(() => {
    const place = box.current;
    if (!place) return;
    const look = () => {
      const now = sightOf(place);
      setSight((old) => (same(old, now) ? old : now));
    };
    const watch = new ResizeObserver(look);
    watch.observe(place);
    place.addEventListener('scroll', look, { passive: true });
    return () => {
      watch.disconnect();
      place.removeEventListener('scroll', look);
    };
  }, [box]);
  const reveal = useCallback(
    (row: number, column: number) => {
      const place = box.current;
      if (!place) return;
      const shown = (from: number, room: number, start: number) => {
        if (start < from) return start;
        return start + SIDE > from + room ? start + SIDE - room : from;
      };
      place.scrollTop = shown(place.scrollTop, place.clientHeight - HEAD, row * SIDE);
      place.scrollLeft = shown(place.scrollLeft, place.clientWidth - namesWidth(place), column * SIDE);
    },
    [box],
  );
  return { sight, reveal };
}
