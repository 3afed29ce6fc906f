import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Document } from '../../api/schema';
import { Name } from '../../components/marks';
import { visible } from '../../logic/format';

export function Documentation({ documents }: { documents: readonly Document[] }): JSX.Element {
  const [path, setPath] = useState(documents[0]?.path ?? '');
  const shown = documents.find((document) => document.path === path) ?? documents[0];
  const body = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    // A fragment of a document is not a route of ours, and its headings stand below the page's own.
    for (const anchor of body.current?.querySelectorAll('a') ?? []) {
      const href = anchor.getAttribute('href') ?? '';
      if (href.startsWith('#')) anchor.removeAttribute('href');
      else anchor.rel = 'noreferrer noopener';
    }
    for (const heading of body.current?.querySelectorAll('h1, h2, h3, h4, h5, h6') ?? []) {
      const level = Number(heading.tagName.charAt(1));
      const lower = globalThis.document.createElement(`h${Math.min(6, level + 2)}`);
      lower.className = `prose-${level}`;
      lower.append(...heading.childNodes);
      heading.replaceWith(lower);
    }
    for (const wide of body.current?.querySelectorAll('pre, table') ?? []) wide.setAttribute('tabindex', '0');
  }, [shown?.html]);
  if (!shown) return <p class="dim">No documents.</p>;
  return (
    <div class="card documents">
      {documents.length > 1 && (
        <div class="document-tabs" role="group" aria-label="Documents">
          {documents.map((document) => (
            <button key={document.path} type="button" class="chip" aria-pressed={document === shown} onClick={() => setPath(document.path)}>
              <Name text={document.title || document.path} />
            </button>
          ))}
        </div>
      )}
      <div class="card-note mono dim document-path">{visible(shown.path)}</div>
      {/* The one place where HTML is set: the server renders and sanitises it from the bundle's markdown. */}
      <div class="prose" ref={body} dangerouslySetInnerHTML={{ __html: shown.html }} />
    </div>
  );
}
