import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { arrivals } from '../router/arrivals';

/** What every page is: its title, in the window too, then its tools, then itself. The title has the focus on arrival. */
export function Page({
  title,
  tools,
  children,
}: {
  title: string;
  tools?: ComponentChildren;
  children: ComponentChildren;
}) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · benchd`;
  }, [title]);
  useEffect(() => {
    if (arrivals.take()) head.current?.focus({ preventScroll: true });
  }, []);
  return (
    <>
      <header class="page-head">
        <h1 ref={head} tabIndex={-1}>
          {title}
        </h1>
        {tools && <div class="page-tools">{tools}</div>}
      </header>
      {children}
    </>
  );
}

/** A part of a page. */
export function Section({
  title,
  tools,
  children,
}: {
  title: string;
  tools?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="part">
      <header>
        <h2>{title}</h2>
        {tools}
      </header>
      {children}
    </section>
  );
}
