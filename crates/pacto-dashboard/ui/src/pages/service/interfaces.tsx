import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { ChannelOperation, Field, Interface, Method as RpcMethod, MethodMessage, Operation } from '../../api/schema';
import { useLimit } from '../../components/basics';
import { Icon } from '../../components/icons';
import { Method, Name } from '../../components/marks';
import { plural, visible } from '../../logic/format';

export function Interfaces({ interfaces }: { interfaces: readonly Interface[] }): JSX.Element {
  return (
    <div class="stack">
      {interfaces.map((one) => (
        <InterfaceCard key={one.name} one={one} />
      ))}
    </div>
  );
}

function InterfaceCard({ one }: { one: Interface }): JSX.Element {
  const operations = one.endpoints ?? [];
  const channels = one.channels ?? [];
  const methods = one.methods ?? [];
  return (
    <article class="card">
      <div class="card-head">
        <h3>
          <Name text={one.name} />
        </h3>
        <span class="tag">{visible(one.type)}</span>
        {one.visibility && <span class="tag">{visible(one.visibility)}</span>}
        {one.port !== undefined && one.port > 0 && <span class="tag mono">:{one.port}</span>}
        <span class="card-end dim">
          {operations.length > 0 ? plural(operations.length, 'operation') : ''}
          {channels.length > 0 ? plural(new Set(channels.map((channel) => channel.channel)).size, 'channel') : ''}
          {methods.length > 0 ? plural(methods.length, 'method') : ''}
          {one.contractFile && <Name class="mono" text={one.contractFile} />}
        </span>
      </div>
      {operations.length > 0 ? (
        <Operations operations={operations} />
      ) : channels.length > 0 ? (
        <Channels channels={channels} />
      ) : methods.length > 0 ? (
        <Methods methods={methods} />
      ) : one.contractContent ? (
        // A page of text is read at once; a longer one is opened.
        <details class="raw" open={one.contractContent.split('\n').length <= 60}>
          <summary>Show the contract file</summary>
          <pre tabIndex={0} aria-label={`Contract file of ${visible(one.name)}`}>
            {visible(one.contractContent)}
          </pre>
        </details>
      ) : (
        <p class="card-note dim">{one.hasContractFile ? 'The contract file names no operations.' : 'No contract file: only the port is declared.'}</p>
      )}
    </article>
  );
}

function Operations({ operations }: { operations: readonly Operation[] }): JSX.Element {
  const [q, setQ] = useState('');
  const shown = useMemo(() => {
    const words = q.toLowerCase().split(/\s+/).filter(Boolean);
    return operations.filter((operation) => {
      const text = `${operation.method} ${operation.path} ${operation.summary ?? ''} ${operation.operationId ?? ''}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }, [operations, q]);
  const { shown: limit, more } = useLimit(shown.length, 50);
  return (
    <>
      {operations.length > 6 && (
        <div class="card-filter">
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
      )}
      <ul class="operations">
        {shown.slice(0, limit).map((operation) => (
          <li key={`${operation.method} ${operation.path} ${operation.operationId ?? ''}`}>
            <OperationRow operation={operation} />
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p class="card-note dim">No operation matches.</p>}
      {more}
    </>
  );
}

const DIRECTION_WORD = { produced: 'SEND', consumed: 'RECEIVE' } as const;

function Channels({ channels }: { channels: readonly ChannelOperation[] }): JSX.Element {
  const { shown, more } = useLimit(channels.length, 50);
  return (
    <>
      <ul class="operations">
        {channels.slice(0, shown).map((channel, index) => (
          <li key={`${index} ${channel.channel}`}>
            <ChannelRow channel={channel} />
          </li>
        ))}
      </ul>
      {more}
    </>
  );
}

function Methods({ methods }: { methods: readonly RpcMethod[] }): JSX.Element {
  const { shown, more } = useLimit(methods.length, 50);
  return (
    <>
      <ul class="operations">
        {methods.slice(0, shown).map((method, index) => (
          <li key={`${index} ${method.service} ${method.name}`}>
            <MethodRow method={method} />
          </li>
        ))}
      </ul>
      {more}
    </>
  );
}

const streamed = (message: MethodMessage): string => `${message.stream ? 'stream of ' : ''}${visible(message.name)}`;

function MethodRow({ method }: { method: RpcMethod }): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <details class="operation" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="operation-line">
        <Method method="RPC" />
        <span class={`operation-path mono${method.deprecated ? ' deprecated' : ''}`}>
          <bdi>{visible(`${method.service}/${method.name}`)}</bdi>
        </span>
        {method.deprecated && <span class="tag">deprecated</span>}
        {(method.request.stream || method.response.stream) && <span class="tag">streams</span>}
        {method.summary && (
          <span class="operation-summary dim">
            <bdi>{visible(method.summary)}</bdi>
          </span>
        )}
      </summary>
      {open && (
        <div class="operation-details">
          {([['Request', method.request], ['Response', method.response]] as const).map(([word, message]) => (
            <div key={word}>
              <h4>
                {word} <span class="mono">{streamed(message)}</span>
              </h4>
              <FieldTable fields={message.fields} label={`${word} ${visible(message.name)}`} />
            </div>
          ))}
        </div>
      )}
    </details>
  );
}

function ChannelRow({ channel }: { channel: ChannelOperation }): JSX.Element {
  const [open, setOpen] = useState(false);
  const names = channel.messages.map((message) => visible(message.name));
  const unnamed = channel.messageCount - names.length;
  const line = (
    <>
      {channel.direction ? <Method method={DIRECTION_WORD[channel.direction]} /> : <span class="tag">unused</span>}
      <span class="operation-path mono">
        <bdi>{visible(channel.channel)}</bdi>
      </span>
      {names.length > 0 && (
        <span class="operation-messages mono">
          <bdi>{names.join(', ')}</bdi>
          {unnamed > 0 && ` and ${unnamed.toLocaleString('en')} more`}
        </span>
      )}
      {channel.summary && (
        <span class="operation-summary dim">
          <bdi>{visible(channel.summary)}</bdi>
        </span>
      )}
    </>
  );
  if (channel.messages.length === 0 && !channel.operationId) return <div class="operation-line">{line}</div>;
  return (
    <details class="operation" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="operation-line">{line}</summary>
      {open && (
        <div class="operation-details">
          {channel.operationId && (
            <p class="dim">
              Operation <code>{visible(channel.operationId)}</code>
            </p>
          )}
          {channel.messages.map((message, index) => (
            <div key={`${index} ${message.name}`}>
              <h4>
                Message <span class="mono">{visible(message.name)}</span>
              </h4>
              <FieldTable fields={message.fields} label={`Message ${visible(message.name)}`} />
            </div>
          ))}
        </div>
      )}
    </details>
  );
}

function OperationRow({ operation }: { operation: Operation }): JSX.Element {
  const [open, setOpen] = useState(false);
  const detailed = (operation.parameters?.length ?? 0) > 0 || operation.requestBody !== undefined || (operation.responses?.length ?? 0) > 0;
  const line = (
    <>
      <Method method={operation.method} />
      <span class={`operation-path mono${operation.deprecated ? ' deprecated' : ''}`}>
        <bdi>{visible(operation.path)}</bdi>
      </span>
      {operation.deprecated && <span class="tag">deprecated</span>}
      {operation.summary && (
        <span class="operation-summary dim">
          <bdi>{visible(operation.summary)}</bdi>
        </span>
      )}
    </>
  );
  if (!detailed) return <div class="operation-line">{line}</div>;
  return (
    <details class="operation" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="operation-line">{line}</summary>
      {open && <OperationDetails operation={operation} />}
    </details>
  );
}

function OperationDetails({ operation }: { operation: Operation }): JSX.Element {
  const parameters = operation.parameters ?? [];
  return (
    <div class="operation-details">
      {operation.operationId && (
        <p class="dim">
          Operation <code>{visible(operation.operationId)}</code>
        </p>
      )}
      {parameters.length > 0 && (
        <>
          <h4>Parameters</h4>
          <FieldTable fields={parameters.map((parameter) => ({ ...parameter, constraints: `in ${parameter.in}` }))} label="Parameters" />
        </>
      )}
      {operation.requestBody && (
        <>
          <h4>
            Request body <span class="dim">{operation.requestBody.mediaTypes.map(visible).join(', ')}</span>
            {operation.requestBody.required && <span class="tag">required</span>}
          </h4>
          <FieldTable fields={operation.requestBody.fields} label="Request body" />
        </>
      )}
      {(operation.responses ?? []).map((response) => (
        <div key={response.status}>
          <h4>
            Response <span class="mono">{visible(response.status)}</span> <span class="dim">{visible(response.description ?? '')}</span>
          </h4>
          {response.fields.length > 0 && <FieldTable fields={response.fields} label={`Response ${response.status}`} />}
        </div>
      ))}
    </div>
  );
}

export function FieldTable({ fields, label }: { fields: readonly Field[]; label: string }): JSX.Element {
  if (fields.length === 0) return <p class="dim">No fields are declared.</p>;
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label={label}>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Type</th>
            <th scope="col">Required</th>
            <th scope="col">Description</th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field, index) => (
            <tr key={`${index} ${field.name}`}>
              <td class="mono">
                <Name text={field.name} />
              </td>
              <td class="mono dim">
                <Name text={field.type} />
              </td>
              <td>{field.required ? 'yes' : <span class="dim">no</span>}</td>
              <td>
                <bdi>{visible(field.description ?? '')}</bdi>
                {field.default !== undefined && field.default !== '' && <span class="dim"> default {visible(field.default)}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
