import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Sbom } from '../../api/schema';
import { useLimit } from '../../components/basics';
import { Icon } from '../../components/icons';
import { Missing, Name } from '../../components/marks';
import { plural, visible } from '../../logic/format';

export function SbomSection({ sbom, name }: { sbom: Sbom | undefined; name: string }): JSX.Element | null {
  const [q, setQ] = useState('');
  const components = sbom?.components ?? [];
  const licences = useMemo(() => {
    const counts = new Map<string, number>();
    for (const component of components) for (const licence of component.licenses ?? []) counts.set(licence, (counts.get(licence) ?? 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1]).slice(0, 8);
  }, [components]);
  const [licence, setLicence] = useState('');
  const shown = useMemo(() => {
    const words = q.trim().toLowerCase();
    return components.filter(
      (component) =>
        (licence === '' || component.licenses?.includes(licence)) &&
        `${component.name} ${component.version ?? ''} ${component.purl ?? ''}`.toLowerCase().includes(words),
    );
  }, [components, q, licence]);
  const { shown: limit, more } = useLimit(shown.length, 50);
  if (!sbom) return null;
  return (
    <div class="card">
      <div class="card-head">
        <h3>
          {visible(sbom.format)}
        </h3>
        <span class="card-end dim">
          {plural(sbom.total, 'component')}
          {sbom.truncated && `, the first ${components.length.toLocaleString('en')} are listed`}
        </span>
      </div>
      <div class="card-filter">
        <Icon name="search" />
        <input
          class="field"
          type="search"
          aria-label="Filter components"
          placeholder="Filter components"
          value={q}
          onInput={(event) => setQ(event.currentTarget.value)}
        />
        {licences.map(([text, count]) => (
          <button key={text} type="button" class="chip" aria-pressed={licence === text} onClick={() => setLicence(licence === text ? '' : text)}>
            <Name text={text} /> <span class="dim">{count}</span>
          </button>
        ))}
      </div>
      <div class="scroll-x" tabIndex={0} role="region" aria-label={`Components of ${visible(name)}`}>
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">Component</th>
              <th scope="col">Version</th>
              <th scope="col">Licence</th>
              <th scope="col">Package URL</th>
            </tr>
          </thead>
          <tbody>
            {shown.slice(0, limit).map((component, index) => (
              <tr key={`${index} ${component.name}`}>
                <td>
                  <Name text={component.name} />
                </td>
                <td class="mono">{component.version ? <Name text={component.version} /> : <Missing />}</td>
                <td>{(component.licenses?.length ?? 0) > 0 ? <Name text={component.licenses?.join(', ') ?? ''} /> : <Missing why="no licence named" />}</td>
                <td class="mono dim">{component.purl ? <Name text={component.purl} /> : <Missing />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length === 0 && <p class="card-note dim">No component matches.</p>}
      {more}
    </div>
  );
}
