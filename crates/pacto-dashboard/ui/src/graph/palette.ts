import type { ContractStatus } from '../api/schema';

export interface Palette {
  dark: boolean;
  bg: string;
  surface: string;
  hover: string;
  line: string;
  edge: string;
  text: string;
  dim: string;
  accent: string;
  accentSoft: string;
  amber: string;
  breaking: string;
  sans: string;
  status: Record<ContractStatus | 'external', string>;
}

/** The canvas follows the same custom properties as the page. */
export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const value = (name: string): string => style.getPropertyValue(name).trim();
  return {
    dark: style.colorScheme === 'dark',
    bg: value('--bg'),
    surface: value('--surface'),
    hover: value('--hover'),
    line: value('--line'),
    edge: value('--line-strong'),
    text: value('--text'),
    dim: value('--text-3'),
    accent: value('--accent'),
    accentSoft: value('--accent-soft'),
    amber: value('--amber'),
    breaking: value('--red-solid'),
    sans: value('--sans'),
    status: {
      Compliant: value('--green'),
      Warning: value('--amber'),
      NonCompliant: value('--red'),
      Reference: value('--slate'),
      Unknown: value('--grey'),
      external: value('--grey'),
    },
  };
}
