// Ranking for the palette and the pickers: what starts with the words comes before what only contains them.

/** 0 = no match; the larger the better. */
export function score(text: string, query: string): number {
  if (query === '') return 1;
  const lower = text.toLowerCase();
  const at = lower.indexOf(query);
  if (at === 0) return lower.length === query.length ? 100 : 80 - Math.min(20, lower.length - query.length);
  if (at > 0) return (/[^a-z0-9]/.test(lower[at - 1] ?? '') ? 50 : 30) - Math.min(20, at);
  // The letters in their order, with gaps: `tripsv` finds `trip-service`.
  let from = 0;
  let gaps = 0;
  for (const letter of query) {
    if (letter === ' ') continue;
    const found = lower.indexOf(letter, from);
    if (found < 0) return 0;
    gaps += found - from;
    from = found + 1;
  }
  return query.length < 3 || gaps > 12 ? 0 : Math.max(1, 9 - gaps);
}

export function best<T>(items: Iterable<T>, text: (item: T) => string, query: string, limit: number): T[] {
  const needle = query.trim().toLowerCase();
  const found: { item: T; score: number; text: string }[] = [];
  for (const item of items) {
    const label = text(item);
    const points = score(label, needle);
    if (points > 0) found.push({ item, score: points, text: label });
    // An empty query takes the first ones as they come.
    if (needle === '' && found.length >= limit) break;
  }
  if (needle !== '') found.sort((a, b) => b.score - a.score || (a.text < b.text ? -1 : 1));
  return found.slice(0, limit).map((entry) => entry.item);
}
