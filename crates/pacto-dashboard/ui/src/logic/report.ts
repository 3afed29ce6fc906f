// A comparison as markdown, for a pull request or a chat; and the order in which its parts are shown.
import type { Change, Classification, DiffResult, ImpactReport } from '../api/schema';
import { CLASS_WORD, jsonText, visible } from './format';

const SECTION_WORD: Record<string, string> = {
  contract: 'Contract',
  service: 'Contract',
  interfaces: 'Interfaces',
  openapi: 'HTTP operations',
  asyncapi: 'Events',
  grpc: 'gRPC',
  proto: 'gRPC',
  configuration: 'Configuration',
  schema: 'Configuration',
  policies: 'Policies',
  dependencies: 'Dependencies',
  runtime: 'Runtime',
  scaling: 'Scaling',
  metadata: 'Metadata',
};

const ORDER: Record<Classification, number> = { BREAKING: 0, POTENTIAL_BREAKING: 1, NON_BREAKING: 2 };

export function sectionOf(change: Change): string {
  return change.section || /^[A-Za-z]+/.exec(change.path)?.[0] || 'contract';
}

export function sectionWord(section: string): string {
  return SECTION_WORD[section] ?? section.charAt(0).toUpperCase() + section.slice(1);
}

export interface ChangeGroup {
  section: string;
  title: string;
  worst: Classification;
  changes: Change[];
}

/** Sections with the worst change first; inside, the server's order. */
export function groupChanges(changes: readonly Change[]): ChangeGroup[] {
  const groups = new Map<string, ChangeGroup>();
  for (const change of changes) {
    const title = sectionWord(sectionOf(change));
    const group = groups.get(title);
    if (!group) groups.set(title, { section: sectionOf(change), title, worst: change.classification, changes: [change] });
    else {
      group.changes.push(change);
      if (ORDER[change.classification] < ORDER[group.worst]) group.worst = change.classification;
    }
  }
  return [...groups.values()].sort((a, b) => ORDER[a.worst] - ORDER[b.worst]);
}

export function countsOf(diff: DiffResult): { breaking: number; potential: number; nonBreaking: number } {
  if (diff.counts) return diff.counts;
  const count = (value: Classification): number => diff.changes.filter((change) => change.classification === value).length;
  return { breaking: count('BREAKING'), potential: count('POTENTIAL_BREAKING'), nonBreaking: count('NON_BREAKING') };
}

/** A cell of a table and a code span must not end early, whatever a contract says. */
function cell(text: string): string {
  return visible(text)
    .replace(/\s+/g, ' ')
    .replace(/[\\|<>*_[\]#]/g, (mark) => `\\${mark}`);
}

function code(text: string): string {
  const shown = visible(text).replace(/\s+/g, ' ').replaceAll('|', '\\|');
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map((match) => match[0].length));
  const fence = '`'.repeat(longest + 1);
  return longest > 0 ? `${fence} ${shown} ${fence}` : `${fence}${shown}${fence}`;
}

function short(value: unknown): string {
  const text = jsonText(value).replace(/\s+/g, ' ');
  return text === '' ? '' : code(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}

export function diffMarkdown(diff: DiffResult, impact: ImpactReport | undefined, url: string): string {
  const counts = countsOf(diff);
  const same = diff.from.name === diff.to.name;
  const lines = [
    same
      ? `## ${cell(diff.from.name)} ${code(diff.from.version)} → ${code(diff.to.version)}: ${CLASS_WORD[diff.classification]}`
      : `## ${cell(diff.from.name)} ${code(diff.from.version)} → ${cell(diff.to.name)} ${code(diff.to.version)}: ${CLASS_WORD[diff.classification]}`,
    '',
    `${counts.breaking} breaking, ${counts.potential} potential, ${counts.nonBreaking} non-breaking.${diff.suggestedVersion ? ` Suggested version: ${code(diff.suggestedVersion)}.` : ''}`,
    '',
  ];
  if (diff.changes.length > 0) {
    lines.push('| Class | Change | Path | Old | New | Reason |', '|---|---|---|---|---|---|');
    for (const change of diff.changes) {
      lines.push(
        `| ${CLASS_WORD[change.classification]} | ${change.type} | ${code(change.path)} | ${short(change.oldValue)} | ${short(change.newValue)} | ${cell(change.reason ?? '')} |`,
      );
    }
    lines.push('');
  }
  const hit = impact?.consumers.filter((consumer) => consumer.verdict === 'breaks' || consumer.verdict === 'may-break') ?? [];
  if (hit.length > 0) {
    lines.push('### Who breaks', '', '| Owner | Service | Verdict | Range | Why |', '|---|---|---|---|---|');
    for (const consumer of hit) {
      lines.push(
        `| ${cell(consumer.ownerKey || 'no owner')} | ${cell(consumer.name)} | ${consumer.verdict === 'breaks' ? 'breaks' : 'may break'} | ${consumer.compatibility ? code(consumer.compatibility) : ''} | ${cell(consumer.reason)} |`,
      );
    }
    lines.push('');
  }
  lines.push(url, '');
  return lines.join('\n');
}

export interface WitnessLine {
  text: string;
  marked: boolean;
}

/** The witness as lines of JSON; those with a key or value the message names are marked. */
export function witnessLines(witness: unknown, message: string, path: string): WitnessLine[] {
  const words = new Set(`${message} ${path}`.match(/[A-Za-z_][\w-]*/g) ?? []);
  const text = JSON.stringify(witness, null, 2) ?? 'null';
  return text.split('\n').map((line) => {
    const key = /^\s*"((?:[^"\\]|\\.)*)":/.exec(line)?.[1];
    return { text: line, marked: key !== undefined && words.has(key) };
  });
}

/** Names the message speaks of that the witness does not have: what is missing is what fails. */
export function missingKeys(witness: unknown, message: string, path: string): string[] {
  if (typeof witness !== 'object' || witness === null || Array.isArray(witness)) return [];
  const have = new Set(
    JSON.stringify(witness)
      .match(/"((?:[^"\\]|\\.)*)":/g)
      ?.map((key) => key.slice(1, -2)) ?? [],
  );
  const named = [...message.matchAll(/[`"']([\w.-]+)[`"']/g), ...path.matchAll(/\[([A-Za-z_][\w.-]*)\]$/g)].map((match) => match[1] ?? '');
  const plain = /\brequired\b|\bmust\b/i.test(message) ? (message.match(/\b(?:[a-z]+[A-Z]\w*|[A-Z][A-Z0-9]+_[A-Z0-9_]+|[a-z]+_[a-z_]+)\b/g) ?? []) : [];
  return [...new Set([...named, ...plain])].filter((name) => name !== '' && !have.has(name)).slice(0, 4);
}
