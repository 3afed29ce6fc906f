import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Document } from '../../api/schema';
import { Name } from '../../components/marks';
import { siblingOf } from '../../logic/documents';
import { visible } from '../../logic/format';

export function Documentation({ documents }: { documents: readonly Document[] }): JSX.Element {
  const [path, setPath] = useState(documents[0]?.path ?? '');
  const shown = documents.find((document) => document.path === path) ?? documents[0];
  const body = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    // A fragment of a document is not a route of ours, and its headings stand below the page's own.
    for (const anchor of body.current?.querySelectorAll('a') ?? []) {
      const href = anchor.getAttribute('href') ?? '';
      const sibling = siblingOf(shown?.path ?? '', href, documents);
      if (sibling) {
        anchor.setAttribute('href', '#');
        anchor.addEventListener('click', (event) => {
          event.preventDefault();
          event.stopPropagation();
          setPath(sibling);
        });
      } else if (/^https?:\/\//i.test(href) || /^mailto:/i.test(href)) {
        anchor.rel = 'noreferrer noopener';
      } else {
        // A fragment is not a route of ours, and a file that is no document is not served.
        anchor.removeAttribute('href');
      }
    }
    for (const image of body.current?.querySelectorAll('img') ?? []) {
      // Files of a bundle are not served, and pages load nothing from elsewhere.
      const words = globalThis.document.createElement('span');
      words.className = 'dim';
      words.textContent = image.alt ? `[image: ${visible(image.alt)}]` : '[image]';
      image.replaceWith(words);
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
