import { signal } from '@preact/signals';

export type Theme = 'light' | 'dark';

const KEY = 'pacto-theme';

export const theme = signal<Theme>(document.documentElement.dataset['theme'] === 'dark' ? 'dark' : 'light');

export function setTheme(next: Theme): void {
  theme.value = next;
  document.documentElement.dataset['theme'] = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

export function toggleTheme(): void {
  setTheme(theme.peek() === 'dark' ? 'light' : 'dark');
}
