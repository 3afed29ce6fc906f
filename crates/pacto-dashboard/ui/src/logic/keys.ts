// Where `g` and another key lead: what the keys do and what their list says are one table.
import { link } from './route';

export const GO: readonly { key: string; words: string; to: string }[] = [
  { key: 's', words: 'Services', to: link.services() },
  { key: 'g', words: 'Graph', to: link.graph() },
  { key: 'c', words: 'Compare', to: link.compare() },
  { key: 'o', words: 'Owners', to: link.owners() },
  { key: 'd', words: 'Sources', to: link.sources() },
  { key: 'a', words: 'API', to: link.docs() },
];
