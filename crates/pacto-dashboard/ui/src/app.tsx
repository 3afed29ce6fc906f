import type { JSX } from 'preact';
import { Shell } from './components/shell';
import { Compare } from './pages/compare/page';
import { Graph } from './pages/graph';
import { Services } from './pages/services';
import { Service } from './pages/service/page';
import { route } from './state/router';

export function App(): JSX.Element {
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
    default:
      return <Services />;
  }
}
