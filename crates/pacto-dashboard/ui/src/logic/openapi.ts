// The API description, read with the care due to any document from outside: nothing in it is taken for granted.
import type { Json } from '../api/json';

export type JsonObject = { [key: string]: Json };

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

export interface ApiParameter {
  name: string;
  in: string;
  required: boolean;
  description: string;
  type: string;
  choices: string[];
}

export interface ApiOperation {
  id: string;
  method: string;
  path: string;
  tag: string;
  summary: string;
  description: string;
  parameters: ApiParameter[];
  body: { schema: Json | undefined; example: string; media: string } | null;
  responses: { status: string; description: string; schema: Json | undefined; media: string }[];
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options', 'trace'] as const;

export function resolveRef(document: JsonObject, value: Json | undefined, depth = 0): Json | undefined {
  if (!isObject(value) || typeof value['$ref'] !== 'string') return value;
  if (depth > 8) return undefined;
  const ref = value['$ref'];
  if (!ref.startsWith('#/')) return value;
  let found: Json | undefined = document;
  for (const part of ref.slice(2).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    found = isObject(found) ? found[key] : undefined;
  }
  return resolveRef(document, found, depth + 1);
}

export function refName(schema: Json | undefined): string {
  return isObject(schema) && typeof schema['$ref'] === 'string' ? (schema['$ref'].split('/').at(-1) ?? '') : '';
}

/** A schema in a few words: `ServiceEntry[]`, `string | null`, `"a" | "b"`. */
export function typeText(schema: Json | undefined): string {
  const name = refName(schema);
  if (name) return name;
  if (!isObject(schema)) return 'any';
  const choices = schema['enum'];
  if (Array.isArray(choices))
    return (
      choices
        .slice(0, 8)
        .map((choice) => JSON.stringify(choice))
        .join(' | ') + (choices.length > 8 ? ' | …' : '')
    );
  if (schema['const'] !== undefined) return JSON.stringify(schema['const']);
  for (const key of ['oneOf', 'anyOf', 'allOf']) {
    const parts = schema[key];
    if (Array.isArray(parts)) return [...new Set(parts.map(typeText))].join(key === 'allOf' ? ' & ' : ' | ');
  }
  const type = schema['type'];
  if (Array.isArray(type)) return type.map((one) => (one === 'array' ? `${typeText(schema['items'])}[]` : String(one))).join(' | ');
  if (type === 'array') return `${typeText(schema['items'])}[]`;
  if (type === 'object' && isObject(schema['additionalProperties'])) return `map of ${typeText(schema['additionalProperties'])}`;
  return text(type) || 'any';
}

function choicesOf(document: JsonObject, schema: Json | undefined): string[] {
  const resolved = resolveRef(document, schema);
  const list = isObject(resolved) ? resolved['enum'] : undefined;
  return Array.isArray(list) ? list.map(String) : [];
}

/** A body to start from: required properties with empty values. */
export function exampleOf(document: JsonObject, schema: Json | undefined, depth = 0): Json {
  const resolved = resolveRef(document, schema);
  if (!isObject(resolved) || depth > 4) return null;
  if (resolved['default'] !== undefined) return resolved['default'];
  const type = Array.isArray(resolved['type']) ? resolved['type'][0] : resolved['type'];
  if (type === 'object' || isObject(resolved['properties'])) {
    const required = Array.isArray(resolved['required']) ? resolved['required'].map(String) : [];
    const properties = isObject(resolved['properties']) ? resolved['properties'] : {};
    return Object.fromEntries(required.map((key) => [key, exampleOf(document, properties[key], depth + 1)]));
  }
  if (type === 'array') return [];
  if (type === 'boolean') return false;
  if (type === 'integer' || type === 'number') return 0;
  return '';
}

function content(value: Json | undefined): { schema: Json | undefined; media: string } {
  if (!isObject(value) || !isObject(value['content'])) return { schema: undefined, media: '' };
  const [media = '', first] = Object.entries(value['content'])[0] ?? [];
  return { media, schema: isObject(first) ? first['schema'] : undefined };
}

export function operationsOf(document: JsonObject): ApiOperation[] {
  const operations: ApiOperation[] = [];
  const paths = isObject(document['paths']) ? document['paths'] : {};
  for (const [path, item] of Object.entries(paths)) {
    if (!isObject(item)) continue;
    for (const method of METHODS) {
      const operation = item[method];
      if (!isObject(operation)) continue;
      const shared = Array.isArray(item['parameters']) ? item['parameters'] : [];
      const own = Array.isArray(operation['parameters']) ? operation['parameters'] : [];
      const tags = operation['tags'];
      const body = resolveRef(document, operation['requestBody']);
      const { schema: bodySchema, media: bodyMedia } = content(body);
      operations.push({
        id: text(operation['operationId']) || `${method} ${path}`,
        method: method.toUpperCase(),
        path,
        tag: Array.isArray(tags) ? text(tags[0]) : '',
        summary: text(operation['summary']),
        description: text(operation['description']),
        parameters: [...shared, ...own].flatMap((raw) => {
          const parameter = resolveRef(document, raw);
          if (!isObject(parameter)) return [];
          return [
            {
              name: text(parameter['name']),
              in: text(parameter['in']),
              required: parameter['required'] === true,
              description: text(parameter['description']),
              type: typeText(parameter['schema']),
              choices: choicesOf(document, parameter['schema']),
            },
          ];
        }),
        body: isObject(body) ? { schema: bodySchema, example: JSON.stringify(exampleOf(document, bodySchema), null, 2), media: bodyMedia || 'application/json' } : null,
        responses: Object.entries(isObject(operation['responses']) ? operation['responses'] : {}).map(([status, raw]) => {
          const response = resolveRef(document, raw);
          return { status, description: isObject(response) ? text(response['description']) : '', ...content(response) };
        }),
      });
    }
  }
  return operations;
}

export function groupByTag(operations: readonly ApiOperation[]): [string, ApiOperation[]][] {
  const groups = new Map<string, ApiOperation[]>();
  for (const operation of operations) {
    const tag = operation.tag || 'Other';
    const group = groups.get(tag);
    if (group) group.push(operation);
    else groups.set(tag, [operation]);
  }
  return [...groups];
}

/** The address to call, relative to the page; path parameters are encoded, empty query parameters left out. */
export function requestPath(operation: ApiOperation, values: Readonly<Record<string, string>>): string {
  let path = operation.path.replace(/^\//, '');
  const query = new URLSearchParams();
  for (const parameter of operation.parameters) {
    const value = values[`${parameter.in} ${parameter.name}`] ?? '';
    if (parameter.in === 'path') path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (parameter.in === 'query' && value !== '') query.set(parameter.name, value);
  }
  const search = query.toString();
  return search === '' ? path : `${path}?${search}`;
}

/** A path below an address. The path of the address stays, which a relative URL would replace. */
export function addressOf(base: string, path: string): string {
  return `${base.replace(/[?#].*$/, '').replace(/\/$/, '')}/${path}`;
}
