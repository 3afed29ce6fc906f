import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Configuration, ConfigValue, Policy } from '../../api/schema';
import { useLimit } from '../../components/basics';
import { Icon, StatusIcon } from '../../components/icons';
import { IssueView } from '../../components/issue';
import { Missing, Name } from '../../components/marks';
import { plural, visible } from '../../logic/format';

export function Configurations({ configurations }: { configurations: readonly Configuration[] }): JSX.Element {
  return (
    <div class="stack">
      {configurations.map((one, index) => (
        <article class="card" key={one.name ?? index}>
          <div class="card-head">
            <h3>
              <Name text={one.name || 'default'} />
            </h3>
            {one.schema && <Name class="mono dim" text={one.schema} />}
            {one.ref && (
              <span class="with-icon dim">
                <Icon name="link" />
                <Name class="mono" text={one.ref} />
              </span>
            )}
          </div>
          {(one.values?.length ?? 0) > 0 ? (
            <ValueTable values={one.values ?? []} described={one.hasSchema} secrets={one.secretKeys ?? []} label={`Configuration ${one.name ?? 'default'}`} />
          ) : (one.valueKeys?.length ?? 0) > 0 ? (
            <p class="card-note">
              {one.valueKeys?.map((key) => (
                <code key={key} class="key-name">
                  {visible(key)}
                </code>
              ))}
            </p>
          ) : (
            <p class="card-note dim">{one.ref ? 'The settings are defined in the contract it points to.' : 'No keys are declared.'}</p>
          )}
        </article>
      ))}
    </div>
  );
}

function ValueTable({
  values,
  secrets,
  label,
  described,
}: {
  values: readonly ConfigValue[];
  described: boolean;
  secrets: readonly string[];
  label: string;
}): JSX.Element {
  const [q, setQ] = useState('');
  const shown = values.filter((value) => `${value.key} ${value.description ?? ''}`.toLowerCase().includes(q.trim().toLowerCase()));
  const { shown: limit, more } = useLimit(shown.length, 100);
  const secret = new Set(secrets);
  return (
    <>
      {values.length > 12 && (
        <div class="card-filter">
          <Icon name="search" />
          <input
            class="field"
            type="search"
            aria-label={`Filter keys of ${visible(label)}`}
            placeholder="Filter keys"
            value={q}
            onInput={(event) => setQ(event.currentTarget.value)}
          />
        </div>
      )}
      <div class="scroll-x" tabIndex={0} role="region" aria-label={visible(label)}>
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">Key</th>
              <th scope="col">Type</th>
              <th scope="col">Required</th>
              <th scope="col">Default</th>
              <th scope="col">Value</th>
              <th scope="col">Description</th>
            </tr>
          </thead>
          <tbody>
            {shown.slice(0, limit).map((value) => (
              <tr key={value.key}>
                <td class="mono">
                  <span class="with-icon">
                    <Name text={value.key} />
                    {secret.has(value.key) && <Icon name="lock" />}
                    {secret.has(value.key) && <span class="vh">secret</span>}
                  </span>
                </td>
                <td class="mono dim">
                  <Name text={value.type} />
                </td>
                <td>
                  {value.required === undefined && !described ? <Missing why="no schema says so" /> : value.required ? 'yes' : <span class="dim">no</span>}
                </td>
                <td class="mono">{value.default ? <Name text={value.default} /> : <Missing why="no default" />}</td>
                <td class="mono">{value.value && value.value !== '(any)' ? <Name text={value.value} /> : <Missing why="any value" />}</td>
                <td class="wrap">
                  <bdi>{visible(value.description ?? '')}</bdi>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more}
    </>
  );
}

export function Policies({ policies }: { policies: readonly Policy[] }): JSX.Element {
  return (
    <div class="stack">
      {policies.map((policy, index) => (
        <article class="card" key={policy.name ?? index}>
          <div class="card-head">
            <h3>
              <Name text={policy.title || policy.name || 'default'} />
            </h3>
            <Satisfied policy={policy} />
            <span class="card-end dim">
              {policy.source === 'reference' || policy.ref ? (
                <span class="with-icon">
                  <Icon name="link" />
                  <Name class="mono" text={policy.ref ?? ''} />
                </span>
              ) : (
                <Name class="mono" text={policy.schema ?? 'in the bundle'} />
              )}
            </span>
          </div>
          {policy.description && (
            <p class="card-note">
              <bdi>{visible(policy.description)}</bdi>
            </p>
          )}
          {(policy.problems?.length ?? 0) > 0 && (
            <ul class="issues">
              {policy.problems?.map((issue, at) => (
                <li key={at}>
                  <IssueView issue={issue} />
                </li>
              ))}
            </ul>
          )}
          {(policy.values?.length ?? 0) > 0 && (
            <details class="raw">
              <summary>{plural(policy.values?.length ?? 0, 'rule')}</summary>
              <ValueTable values={policy.values ?? []} described={policy.hasSchema} secrets={[]} label={`Policy ${policy.name ?? 'default'}`} />
            </details>
          )}
          {policy.content && (
            <details class="raw">
              <summary>Show the policy’s schema</summary>
              <pre tabIndex={0} aria-label={`Schema of policy ${visible(policy.name ?? 'default')}`}>
                {visible(policy.content)}
              </pre>
            </details>
          )}
        </article>
      ))}
    </div>
  );
}

function Satisfied({ policy }: { policy: Policy }): JSX.Element {
  if (policy.satisfied === true) {
    return (
      <span class="status s-Compliant">
        <StatusIcon status="Compliant" />
        <span class="word">satisfied</span>
      </span>
    );
  }
  if (policy.satisfied === false) {
    return (
      <span class="status s-NonCompliant">
        <StatusIcon status="NonCompliant" />
        <span class="word">not satisfied</span>
      </span>
    );
  }
  return (
    <span class="status s-Unknown">
      <StatusIcon status="Unknown" />
      <span class="word">not evaluated</span>
    </span>
  );
}
