// A small menu that closes by Escape, by a click elsewhere, and when something was chosen.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export function Menu({ label, children }: { label: string; children: ComponentChildren }) {
  const box = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const shut = (event: Event) => {
      const open = box.current;
      if (!open?.open) return;
      if (event instanceof KeyboardEvent) {
        if (event.key !== 'Escape') return;
        open.querySelector('summary')?.focus();
      } else if (event.composedPath().includes(open)) {
        return;
      }
      open.open = false;
    };
    document.addEventListener('click', shut);
    document.addEventListener('keydown', shut);
    return () => {
      document.removeEventListener('click', shut);
      document.removeEventListener('keydown', shut);
    };
  }, []);
  const chosen = () => {
    if (box.current) box.current.open = false;
  };
  return (
    <details class="menu" ref={box}>
      <summary>{label}</summary>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: its items are links and buttons, which have keys */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: as above */}
      <div class="items" onClick={chosen}>
        {children}
      </div>
    </details>
  );
}

export interface Download {
  label: string;
  href: string;
  /** Without it, the name that the daemon gives. */
  name?: string;
}

export const Downloads = ({ items, label = 'Download' }: { items: readonly Download[]; label?: string }) => (
  <Menu label={label}>
    {items.map((item) => (
      <a key={item.href} href={item.href} download={item.name ?? ''}>
        {item.label}
      </a>
    ))}
  </Menu>
);
