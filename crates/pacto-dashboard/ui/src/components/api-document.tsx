import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { RawAnswer } from '../api/client';
import type { Json } from '../api/json';
import { plural, visible } from '../logic/format';
import { addressOf, groupByTag, isObject, operationsOf, refName, requestPath, resolveRef, typeText, type ApiOperation, type JsonObject } from '../logic/openapi';
import { CopyButton } from './basics';
import { Icon } from './icons';
import { Method } from './marks';

/** The whole answer stays in memory; what is drawn of it is bounded. */
const SHOWN_BYTES = 100_000;

/** Who answers when an operation is tried. */
export interface ApiServer {
  /** Address below which the paths of the document are. */
  base: () => string;
  send: (operation: ApiOperation, path: string, headers: Readonly<Record<string, string>>, body: string | undefined) => Promise<RawAnswer>;
  /** Why nothing can be sent, where nothing can. */
  closed?: string | undefined;
}

/** An OpenAPI document: its operations, each to open and to try, and its schemas. */
export function ApiDocument({ document, server }: { document: JsonObject; server: ApiServer }): JSX.Element {
  const [q, setQ] = useState('');
  const groups = useMemo(() => {
    const words = q.trim().toLowerCase();
    return groupByTag(
      operationsOf(document).filter((operation) => `${operation.method} ${operation.path} ${operation.summary} ${operation.id}`.toLowerCase().includes(words)),
    );
  }, [document, q]);
  return (
    <>
      <div class="filters">
        <div class="filter-text">
          <Icon name="search" />
          <input
            class="field"
            type="search"
            aria-label="Filter operations"
            placeholder="Filter operations"
            value={q}
            onInput={(event) => setQ(event.currentTarget.value)}
          />
        </div>
      </div>
      <div class="docs-groups">
        {groups.map(([tag, operations]) => (
          <section key={tag} aria-label={visible(tag)}>
            <h2 class="docs-tag">
              {visible(tag)} <span class="section-count">{plural(operations.length, 'operation')}</span>
            </h2>
            <ul class="card operations">
              {operations.map((operation) => (
                <li key={`${operation.method} ${operation.path}`}>
                  <Operation document={document} operation={operation} server={server} />
                </li>
              ))}
            </ul>
          </section>
        ))}
        <Schemas document={document} />
      </div>
    </>
  );
}

function Operation({ document, operation, server }: { document: JsonObject; operation: ApiOperation; server: ApiServer }): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <details class="operation" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="operation-line">
        <Method method={operation.method} />
        <span class="operation-path mono">{visible(operation.path)}</span>
        <span class="operation-summary dim">{visible(operation.summary)}</span>
      </summary>
      {open && (
        <div class="operation-details docs-operation">
          <div class="docs-columns">
            <div class="docs-facts">
              <p class="dim">
                <code>{visible(operation.id)}</code>
              </p>
              {operation.description && <p class="docs-text">{visible(operation.description)}</p>}
              {operation.body && (
                <>
                  <h3>Body</h3>
                  <SchemaView document={document} schema={operation.body.schema} />
                </>
              )}
              <h3>Answers</h3>
              <ul class="answers">
                {operation.responses.map((response) => (
                  <li key={response.status}>
                    <p>
                      <span class={`mono answer-status a${response.status.charAt(0)}`}>{visible(response.status)}</span> {visible(response.description)}
                      {response.schema !== undefined && <span class="dim"> {visible(typeText(response.schema))}</span>}
                    </p>
                    {response.schema !== undefined && response.status.startsWith('2') && <SchemaView document={document} schema={response.schema} />}
                  </li>
                ))}
              </ul>
            </div>
            <Try operation={operation} server={server} />
          </div>
        </div>
      )}
    </details>
  );
}

function itemSchema(document: JsonObject, schema: Json | undefined): Json | undefined {
  const resolved = resolveRef(document, schema);
  return isObject(resolved) && resolved['type'] === 'array' ? resolveRef(document, resolved['items']) : resolved;
}

function SchemaView({ document, schema }: { document: JsonObject; schema: Json | undefined }): JSX.Element | null {
  const resolved = itemSchema(document, schema);
  if (!isObject(resolved) || !isObject(resolved['properties'])) return null;
  const required = new Set(Array.isArray(resolved['required']) ? resolved['required'].map(String) : []);
  const name = refName(schema) || (isObject(schema) ? refName(schema['items']) : '');
  return (
    <details class="schema" open={Object.keys(resolved['properties']).length <= 8}>
      <summary>{visible(name) || 'Properties'}</summary>
      <PropertyTable properties={resolved['properties']} required={required} label={name || 'Properties'} />
    </details>
  );
}

function PropertyTable({ properties, required, label }: { properties: JsonObject; required: ReadonlySet<string>; label: string }): JSX.Element {
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label={visible(label)}>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Property</th>
            <th scope="col">Type</th>
            <th scope="col">Description</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(properties).map(([key, property]) => (
            <tr key={key}>
              <td class="mono">
                {visible(key)}
                {!required.has(key) && (
                  <span class="dim" title="may be missing">
                    ?
                  </span>
                )}
              </td>
              <td class="mono dim">{visible(typeText(property))}</td>
              <td class="wrap">{isObject(property) && typeof property['description'] === 'string' ? visible(property['description']) : ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Try({ operation, server }: { operation: ApiOperation; server: ApiServer }): JSX.Element {
  const [values, setValues] = useState<Record<string, string>>({});
  const [body, setBody] = useState(operation.body?.example ?? '');
  const [answer, setAnswer] = useState<RawAnswer | string | null>(null);
  const [busy, setBusy] = useState(false);
  const missing = operation.parameters.some((parameter) => parameter.required && !values[`${parameter.in} ${parameter.name}`]);
  const path = requestPath(operation, values);
  // A stream never ends: trying it here would wait for ever.
  const stream = operation.responses.some((response) => response.media === 'text/event-stream');
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      setAnswer(await server.send(operation, path, headers(), operation.body ? body : undefined));
    } catch (error) {
      setAnswer(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  const headers = (): Record<string, string> => {
    const given: Record<string, string> = operation.body ? { 'content-type': operation.body.media } : {};
    for (const { name, in: place } of operation.parameters) {
      const value = values[`header ${name}`];
      if (place === 'header' && value) given[name] = value;
    }
    return given;
  };
  const curl = (): string => {
    const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
    const method = operation.method === 'GET' ? '' : `-X ${operation.method} `;
    const given = Object.entries(headers()).map(([name, value]) => ` -H ${quoted(`${name}: ${value}`)}`);
    return `curl ${method}${quoted(addressOf(server.base(), path))}${given.join('')}${operation.body ? ` -d ${quoted(body)}` : ''}`;
  };
  return (
    <form class="try" onSubmit={(event) => void send(event)}>
      <h3>Try it</h3>
      {operation.parameters.map((parameter) => {
        const key = `${parameter.in} ${parameter.name}`;
        const set = (value: string): void => setValues({ ...values, [key]: value });
        return (
          <label key={key} class="try-field">
            <span>
              <span class="mono">{visible(parameter.name)}</span>
              {parameter.required && <span class="tag">required</span>}
              <span class="dim small">{visible(parameter.description || parameter.type)}</span>
            </span>
            {parameter.choices.length > 0 ? (
              <select class="field" value={values[key] ?? ''} onChange={(event) => set(event.currentTarget.value)}>
                <option value="">–</option>
                {parameter.choices.map((choice) => (
                  <option key={choice} value={choice}>
                    {visible(choice)}
                  </option>
                ))}
              </select>
            ) : (
              <input
                class="field"
                value={values[key] ?? ''}
                required={parameter.required}
                spellcheck={false}
                autocomplete="off"
                onInput={(event) => set(event.currentTarget.value)}
              />
            )}
          </label>
        );
      })}
      {operation.body && (
        <label class="try-field">
          <span>Body</span>
          <textarea class="field mono" rows={5} value={body} spellcheck={false} onInput={(event) => setBody(event.currentTarget.value)} />
        </label>
      )}
      <p class="try-path mono dim">
        {operation.method} /{visible(path)}
      </p>
      <div class="try-actions">
        {stream || server.closed ? (
          <span class="dim small">{stream ? 'A stream of events: open it with curl.' : server.closed}</span>
        ) : (
          <button type="submit" class="button primary" disabled={busy || missing}>
            {busy ? 'Sending…' : 'Send'}
          </button>
        )}
        <CopyButton text={curl} label="Copy as a curl command">
          Copy curl
        </CopyButton>
      </div>
      {answer !== null && <Answer answer={answer} />}
    </form>
  );
}

function Answer({ answer }: { answer: RawAnswer | string }): JSX.Element {
  if (typeof answer === 'string') {
    return (
      <p class="bad" role="alert">
        {visible(answer)}
      </p>
    );
  }
  let text = answer.body;
  try {
    if (answer.contentType.includes('json')) text = JSON.stringify(JSON.parse(answer.body), null, 2);
  } catch {
    // Shown as it came.
  }
  const cut = text.length > SHOWN_BYTES;
  return (
    <div class="try-answer" role="status">
      <p>
        <span class={`mono answer-status a${String(answer.status).charAt(0)}`}>{answer.status}</span>{' '}
        <span class="dim">
          {Math.round(answer.milliseconds)} ms, {(answer.body.length / 1024).toFixed(1)} kB
        </span>
        <CopyButton text={answer.body} label="Copy the answer" />
      </p>
      <pre tabIndex={0} aria-label="Answer">
        {visible(cut ? text.slice(0, SHOWN_BYTES) : text)}
        {cut && '\n…'}
      </pre>
    </div>
  );
}

function Schemas({ document }: { document: JsonObject }): JSX.Element | null {
  const components = isObject(document['components']) ? document['components'] : {};
  const schemas = isObject(components['schemas']) ? Object.entries(components['schemas']) : [];
  if (schemas.length === 0) return null;
  return (
    <section aria-label="Schemas">
      <h2 class="docs-tag">
        Schemas <span class="section-count">{schemas.length}</span>
      </h2>
      <ul class="card operations">
        {schemas.map(([name, schema]) => (
          <li key={name}>
            <SchemaRow document={document} name={name} schema={schema} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function SchemaRow({ document, name, schema }: { document: JsonObject; name: string; schema: Json }): JSX.Element {
  const [open, setOpen] = useState(false);
  const resolved = resolveRef(document, schema);
  const properties = isObject(resolved) && isObject(resolved['properties']) ? resolved['properties'] : null;
  const required = new Set(isObject(resolved) && Array.isArray(resolved['required']) ? resolved['required'].map(String) : []);
  return (
    <details class="operation" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="operation-line">
        <span class="mono operation-path">{visible(name)}</span>
        <span class="operation-summary dim">{properties ? plural(Object.keys(properties).length, 'property', 'properties') : visible(typeText(schema))}</span>
      </summary>
      {open && (
        <div class="operation-details">
          {properties ? <PropertyTable properties={properties} required={required} label={name} /> : <p class="mono">{visible(typeText(schema))}</p>}
        </div>
      )}
    </details>
  );
}
