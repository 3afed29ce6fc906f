import type { Classification, ContractStatus, Owner } from '../api/schema';

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

/** "12 s ago": the coarsest unit that still says something. */
export function ago(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 2) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ago`;
  const days = Math.floor(hours / 24);
  if (days < 60) return `${days} days ago`;
  const months = Math.floor(days / 30);
  return months < 24 ? `${months} months ago` : `${Math.floor(days / 365)} years ago`;
}

export function percent(part: number, whole: number): string {
  if (whole === 0) return '–';
  const share = (100 * part) / whole;
  if (share > 0 && share < 1) return '<1%';
  if (share > 99 && share < 100) return '>99%';
  return `${Math.round(share)}%`;
}

export function ownerLabel(owner: Owner | undefined, key = ''): string {
  if (owner === undefined) return key;
  if (typeof owner === 'string') return owner || key;
  return owner.team || owner.dri || key;
}

/** The key under which `/api/owners` lists a service. */
export const UNOWNED = '(unowned)';

export const STATUS_WORD: Record<ContractStatus | 'external', string> = {
  Compliant: 'Compliant',
  Warning: 'Warning',
  NonCompliant: 'Non-compliant',
  Reference: 'Reference',
  Unknown: 'Unknown',
  external: 'External',
};

export const CLASS_WORD: Record<Classification, string> = {
  BREAKING: 'Breaking',
  POTENTIAL_BREAKING: 'Potential',
  NON_BREAKING: 'Non-breaking',
};

/** What to say about a dependency nobody resolved, and what to do. */
export function unresolvedWords(reason: string | undefined): { what: string; todo: string } {
  switch (reason) {
    case 'non_oci_ref':
      return { what: 'not a registry reference', todo: 'It names a path. Start the dashboard with that directory too.' };
    case 'auth_failed':
      return { what: 'the registry refused the credentials', todo: 'Run pacto login for its host, then resolve again.' };
    case 'no_semver_tags':
      return { what: 'the repository has no version tags', todo: 'Push a tag such as 1.0.0.' };
    case 'not_found':
      return { what: 'not in the registry', todo: 'Check the reference in the contract.' };
    case 'pull_failed':
      return { what: 'the registry did not answer', todo: 'Try again; the Sources page has its last error.' };
    case 'discovering':
      return { what: 'still being discovered', todo: 'It appears by itself when the discovery is done.' };
    default:
      return { what: 'not known to any source', todo: 'Resolve it from its registry.' };
  }
}

export function shortDigest(text: string): string {
  return text.replace(/^sha256:/, '').slice(0, 12);
}

// Control characters, marks that turn the direction of writing, and marks without width.
const HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** What has no picture of its own gets one, so that a name cannot pose as another. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : code < 0xa0 ? '\u2421' : '\ufffd';
  });
}

export function jsonText(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  return JSON.stringify(value, null, 2) ?? '';
}

export function dateText(text: string | undefined): string {
  if (!text) return '';
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return text;
  return time.toLocaleDateString('en-GB', { year: 'numeric', month: 'short', day: 'numeric' });
}

export function timeText(text: string | undefined): string {
  if (!text) return '';
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? text : time.toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
}
