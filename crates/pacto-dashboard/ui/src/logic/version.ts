// Order of versions for sorting a column. The verdicts (ranges, latest) are the server's; this only puts rows in order.

function parts(version: string): { numbers: number[]; pre: string[] } {
  const text = version.replace(/^v/, '').split('+')[0] ?? '';
  const dash = text.indexOf('-');
  const core = dash < 0 ? text : text.slice(0, dash);
  return {
    numbers: core.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : -1)),
    pre: dash < 0 ? [] : text.slice(dash + 1).split('.'),
  };
}

export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  const left = parts(a);
  const right = parts(b);
  for (let i = 0; i < Math.max(left.numbers.length, right.numbers.length); i++) {
    const difference = (left.numbers[i] ?? 0) - (right.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  // A release comes after its own pre-releases.
  if (left.pre.length === 0 || right.pre.length === 0) return right.pre.length - left.pre.length || (a < b ? -1 : 1);
  for (let i = 0; i < Math.max(left.pre.length, right.pre.length); i++) {
    const l = left.pre[i];
    const r = right.pre[i];
    if (l === undefined) return -1;
    if (r === undefined) return 1;
    if (l === r) continue;
    const numeric = [l, r].map((part) => /^\d+$/.test(part));
    if (numeric[0] && numeric[1]) return Number(l) - Number(r);
    if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
    return l < r ? -1 : 1;
  }
  return a < b ? -1 : 1;
}
