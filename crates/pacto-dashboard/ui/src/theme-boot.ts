// Applied before the first paint, so that the page never shows the other theme for a moment.
let stored: string | null = null;
try {
  stored = localStorage.getItem('pacto-theme');
} catch {
  // Storage may be forbidden; the system's preference decides then.
}
const dark = stored === 'dark' || (stored !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
