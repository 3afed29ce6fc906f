// The token of a dashboard that asks for one. Kept for this tab only: closing it forgets the token.
import { signal } from '@preact/signals';

const KEY = 'pacto-token';

function stored(): string {
  try {
    return sessionStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}

let token = stored();

/** Set when the server answered 401: `missing` asks for a token, `refused` says that the one given is not right. */
export const tokenWanted = signal<'' | 'missing' | 'refused'>('');

export function withToken(headers: Record<string, string>): Record<string, string> {
  return token === '' ? headers : { ...headers, authorization: `Bearer ${token}` };
}

export function refused(): void {
  tokenWanted.value = token === '' ? 'missing' : 'refused';
}

export function setToken(next: string): void {
  token = next;
  try {
    sessionStorage.setItem(KEY, next);
  } catch {
    // Without storage it lasts until the page is loaded again.
  }
  tokenWanted.value = '';
}
