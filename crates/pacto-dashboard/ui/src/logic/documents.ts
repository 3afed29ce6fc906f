// Links inside of the documents of a bundle.
import type { Document } from '../api/schema';

/** The document of the same bundle that a relative link leads to. */
export function siblingOf(from: string, href: string, documents: readonly Pick<Document, 'path'>[]): string | undefined {
  if (href === '' || /^([a-z][a-z0-9+.-]*:|\/|#)/i.test(href)) return undefined;
  // The host is never seen: it only lets relative parts be worked out.
  try {
    const path = decodeURIComponent(new URL(href, `https://bundle.invalid/${encodeURI(from)}`).pathname).slice(1);
    return documents.find((document) => document.path === path)?.path;
  } catch {
    // An escape that is none.
    return undefined;
  }
}
