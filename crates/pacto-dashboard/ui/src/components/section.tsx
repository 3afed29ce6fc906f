import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export interface SectionInfo {
  id: string;
  title: string;
  count?: number | undefined;
  /** Drawn beside the title in the list of sections: something there needs a look. */
  alert?: boolean;
}

export function Section({ info, children, actions }: { info: SectionInfo; children: ComponentChildren; actions?: ComponentChildren }): JSX.Element {
  return (
    <section class="section" id={info.id} aria-labelledby={`${info.id}-title`}>
      <div class="section-head">
        <h2 id={`${info.id}-title`} tabIndex={-1}>
          {info.title}
          {info.count !== undefined && <span class="section-count">{info.count.toLocaleString('en')}</span>}
        </h2>
        {actions && <div class="section-actions">{actions}</div>}
      </div>
      {children}
    </section>
  );
}

export function jumpTo(id: string): void {
  const section = document.getElementById(id);
  section?.scrollIntoView({ block: 'start' });
  section?.querySelector<HTMLElement>('h2')?.focus({ preventScroll: true });
}

/** The list of sections at the right; marks the one being read. */
export function SectionList({ sections }: { sections: readonly SectionInfo[] }): JSX.Element {
  const [current, setCurrent] = useState(sections[0]?.id ?? '');
  const ids = sections.map((section) => section.id).join();
  useEffect(() => {
    let frame = 0;
    const read = (): void => {
      let found = '';
      for (const id of ids.split(',')) {
        const top = document.getElementById(id)?.getBoundingClientRect().top;
        if (top !== undefined && (top < 140 || found === '')) found = id;
      }
      if (innerHeight + scrollY >= document.documentElement.scrollHeight - 2 && scrollY > 0) found = ids.split(',').at(-1) ?? found;
      setCurrent(found);
    };
    const later = (): void => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(read);
    };
    read();
    addEventListener('scroll', later, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener('scroll', later);
    };
  }, [ids]);
  return (
    <nav class="section-list" aria-label="Sections of this page">
      <ul>
        {sections.map((section) => (
          <li key={section.id}>
            <button type="button" aria-current={current === section.id ? 'true' : undefined} onClick={() => jumpTo(section.id)}>
              <span>{section.title}</span>
              {section.count !== undefined && <span class={`section-list-count${section.alert ? ' alert' : ''}`}>{section.count.toLocaleString('en')}</span>}
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}
