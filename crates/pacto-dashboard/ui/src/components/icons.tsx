// One stroke set on a 16 px grid, drawn for this UI: round ends, 1.5 px.
import type { JSX } from 'preact';

const PATHS = {
  services: 'M2.5 3.5h11v3.4h-11zM2.5 9.1h11v3.4h-11zM5 5.2h.01M5 10.8h.01',
  graph: 'M4.2 8h3.1m0 0 2.9-3.6M7.3 8l2.9 3.6M1.8 6.6h2.6v2.8H1.8zM10.4 2.6H14v2.8h-3.6zM10.4 10.6H14v2.8h-3.6z',
  compare: 'M5 2.5v11M5 13.5 2.6 11M5 13.5 7.4 11M11 13.5v-11M11 2.5 8.6 5M11 2.5 13.4 5',
  owners:
    'M6 7.6a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6zM1.9 13.2c.3-2.3 1.9-3.6 4.1-3.6s3.8 1.3 4.1 3.6M10.6 3.3a2.2 2.2 0 0 1 0 4.1M12 9.9c1.2.5 1.9 1.6 2.1 3.2',
  sources:
    'M8 6.2c3 0 5.3-.9 5.3-2S11 2.2 8 2.2s-5.3.9-5.3 2 2.3 2 5.3 2zM2.7 4.2V8c0 1.1 2.3 2 5.3 2s5.3-.9 5.3-2V4.2M2.7 8v3.8c0 1.1 2.3 2 5.3 2s5.3-.9 5.3-2V8',
  docs: 'M5.6 4.4 2 8l3.6 3.6M10.4 4.4 14 8l-3.6 3.6M8.9 2.9 7.1 13.1',
  sun: 'M8 10.6a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2zM8 1.6v1.2M8 13.2v1.2M1.6 8h1.2M13.2 8h1.2M3.5 3.5l.8.8M11.7 11.7l.8.8M12.5 3.5l-.8.8M4.3 11.7l-.8.8',
  moon: 'M13.3 9.6A5.7 5.7 0 0 1 6.4 2.7a5.7 5.7 0 1 0 6.9 6.9z',
  search: 'M7 11.6a4.6 4.6 0 1 0 0-9.2 4.6 4.6 0 0 0 0 9.2zM10.4 10.4l3.3 3.3',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  close: 'M4 4l8 8M12 4l-8 8',
  copy: 'M5.6 5.6V3.2c0-.4.3-.7.7-.7h6.5c.4 0 .7.3.7.7v6.5c0 .4-.3.7-.7.7h-2.4M3.2 5.6h6.5c.4 0 .7.3.7.7v6.5c0 .4-.3.7-.7.7H3.2a.7.7 0 0 1-.7-.7V6.3c0-.4.3-.7.7-.7z',
  check: 'M3.2 8.4l3.1 3.1 6.5-7',
  link: 'M6.7 9.3a2.5 2.5 0 0 0 3.6.1l2.2-2.2a2.5 2.5 0 0 0-3.6-3.6L7.8 4.7M9.3 6.7a2.5 2.5 0 0 0-3.6-.1L3.5 8.8a2.5 2.5 0 0 0 3.6 3.6l1.1-1.1',
  refresh: 'M13.2 6.3A5.5 5.5 0 0 0 3.3 5M2.8 9.7A5.5 5.5 0 0 0 12.7 11M13.4 2.9v3.5H9.9M2.6 13.1V9.6h3.5',
  swap: 'M2.8 5.4h9.8M10.2 2.9l2.5 2.5-2.5 2.5M13.2 10.6H3.4M5.8 13.1l-2.5-2.5 2.5-2.5',
  up: 'M8 13V3.4M4 7.2 8 3.2l4 4',
  down: 'M8 3v9.6M4 8.8l4 4 4-4',
  right: 'M6 3.6 10.4 8 6 12.4',
  chevron: 'M4 6.2 8 10l4-3.8',
  arrow: 'M3 8h9.6M8.8 4.2 12.6 8l-3.8 3.8',
  plus: 'M8 3.2v9.6M3.2 8h9.6',
  minus: 'M3.2 8h9.6',
  fit: 'M2.6 5.8V2.6h3.2M10.2 2.6h3.2v3.2M13.4 10.2v3.2h-3.2M5.8 13.4H2.6v-3.2',
  table: 'M2.4 3h11.2v10H2.4zM2.4 6.4h11.2M6 6.4V13',
  keyboard: 'M1.8 4.2h12.4v7.6H1.8zM4.4 6.8h.01M7 6.8h.01M9.4 6.8h.01M11.8 6.8h.01M5 9.4h6',
  external: 'M9.4 2.8h3.8v3.8M13 3 7.6 8.4M11.6 9.4v3.2c0 .4-.3.7-.7.7H3.5a.7.7 0 0 1-.7-.7V5.2c0-.4.3-.7.7-.7h3.2',
  clock: 'M8 13.8A5.8 5.8 0 1 0 8 2.2a5.8 5.8 0 0 0 0 11.6zM8 4.8V8l2.2 1.6',
  info: 'M8 13.8A5.8 5.8 0 1 0 8 2.2a5.8 5.8 0 0 0 0 11.6zM8 7.4v3.4M8 5.2h.01',
  folder: 'M2.2 12.4V3.8c0-.4.3-.7.7-.7h3.2l1.5 1.8h5.5c.4 0 .7.3.7.7v6.8c0 .4-.3.7-.7.7H2.9a.7.7 0 0 1-.7-.7z',
  registry: 'M8 1.9 13.4 5v6L8 14.1 2.6 11V5zM2.8 5.1 8 8l5.2-2.9M8 8v6',
  cluster: 'M8 1.9l5 2.4 1.2 5.4-3.4 4.3H5.2L1.8 9.7 3 4.3zM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM8 1.9V6M8 10v4',
  person: 'M8 7.8a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4zM3 13.8c.4-2.7 2.3-4.2 5-4.2s4.6 1.5 5 4.2',
  mail: 'M2.2 3.6h11.6v8.8H2.2zM2.4 4.2 8 8.6l5.6-4.4',
  chat: 'M2.4 3.2h11.2v7.4H7.4l-3 2.8v-2.8h-2z',
  phone: 'M5.4 2.4H3.3c-.5 0-.9.4-.8.9.4 5.4 4.7 9.7 10.1 10.1.5.1.9-.3.9-.8v-2.1l-2.9-1-1.4 1.5A9.400 9.400 0 0 1 5 6.800l1.500-1.500z',
  lock: 'M3.6 7.2h8.8v6.2H3.6zM5.400 7.200V5.200a2.600 2.600 0 0 1 5.200 0v2',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16, class: extra = '' }: { name: IconName; size?: 16 | 20; class?: string }): JSX.Element {
  return (
    <svg class={`icon ${extra}`} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

export type StatusShape = 'Compliant' | 'Warning' | 'NonCompliant' | 'Reference' | 'Unknown' | 'external';

/** A shape of its own for each status: colour only repeats what the shape says. */
export function StatusIcon({ status, size = 16 }: { status: StatusShape; size?: 16 | 20 }): JSX.Element {
  return (
    <svg class={`icon status-icon s-${status}`} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {shape(status)}
    </svg>
  );
}

function shape(status: StatusShape): JSX.Element {
  switch (status) {
    case 'Compliant':
      return <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM5.4 8.200l1.900 1.900 3.400-3.900" />;
    case 'Warning':
      return <path d="M8 2.300 14.200 13H1.800zM8 6.400v3M8 11.200h.01" />;
    case 'NonCompliant':
      return <path d="M5.600 2.200h4.800l3.400 3.400v4.800l-3.400 3.400H5.600l-3.400-3.400V5.600zM8 5v3.600M8 10.900h.01" />;
    case 'Reference':
      return (
        <path d="M8 4.200C6.800 3.200 4.800 2.900 2.300 3v9.200c2.500-.1 4.500.2 5.700 1.200 1.200-1 3.200-1.300 5.700-1.200V3C11.200 2.900 9.200 3.200 8 4.200zM8 4.200v9.200" />
      );
    case 'Unknown':
      return <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z" stroke-dasharray="2.400 2.300" />;
    case 'external':
      return <path d="M3 3h10v10H3z" />;
  }
}

export function sourceIcon(type: string): IconName {
  return type === 'k8s' ? 'cluster' : type === 'local' ? 'folder' : 'registry';
}

export function contactIcon(type: string): IconName {
  const kind = type.toLowerCase();
  if (kind.includes('mail')) return 'mail';
  if (kind.includes('chat') || kind.includes('slack')) return 'chat';
  if (kind.includes('call') || kind.includes('phone') || kind.includes('pager')) return 'phone';
  return 'link';
}
