import type { JSX } from 'preact';
import { tokenWanted } from './api/token';
import { Shell } from './components/shell';
import { TokenPrompt } from './components/token-prompt';
import { Compare } from './pages/compare/page';
import { Docs } from './pages/docs';
import { Graph } from './pages/graph';
import { Owner } from './pages/owner';
import { Owners } from './pages/owners';
import { Sources } from './pages/sources';
import { Services } from './pages/services';
import { Service } from './pages/service/page';
import { restart } from './state/live';
import { route } from './state/router';

export function App(): JSX.Element {
  if (tokenWanted.value !== '') return <TokenPrompt onToken={restart} />;
  return (
    <Shell>
      <Page />
    </Shell>
  );
}

function Page(): JSX.Element {
  const here = route.value;
  switch (here.page) {
    case 'service':
      // A page of its own for each service: nothing of one may stay open in another.
      return <Service key={`${here.name} ${here.version}`} name={here.name} version={here.version} />;
    case 'compare':
      return <Compare />;
    case 'graph':
      return <Graph />;
    case 'owners':
      return <Owners />;
    case 'owner':
      return <Owner key={here.name} ownerKey={here.name} />;
    case 'sources':
      return <Sources />;
    case 'docs':
      return <Docs />;
    case 'services':
      return <Services />;
  }
}
