import type { JSX } from 'preact';
import { rawRequest } from '../api/client';
import { paths } from '../api/paths';
import { ApiDocument, type ApiServer } from '../components/api-document';
import { Failure, Loading, SkeletonRows } from '../components/basics';
import { Icon } from '../components/icons';
import { useTitle } from '../components/title';
import { visible } from '../logic/format';
import { isObject, type JsonObject } from '../logic/openapi';
import { useResource } from '../state/resource';

/** The dashboard itself. */
const OWN: ApiServer = {
  base: () => location.href.split('#')[0] ?? '',
  send: (operation, path, _headers, body) => rawRequest(operation.method, path, operation.body ? body : undefined),
};

export function Docs(): JSX.Element {
  useTitle('API');
  const document_ = useResource<JsonObject>(paths.openapi);
  const document = document_.data;
  const info = document && isObject(document['info']) ? document['info'] : {};
  const description = typeof info['description'] === 'string' ? info['description'] : '';
  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>API</h1>
        <div class="page-actions">
          <a class="button" href="openapi.json">
            <Icon name="docs" />
            <span>openapi.json</span>
          </a>
        </div>
      </div>
      {!document ? (
        document_.error ? (
          <Failure what="The API description" error={document_.error} retry={document_.reload} />
        ) : (
          <Loading what="the API description">
            <SkeletonRows rows={10} height={44} />
          </Loading>
        )
      ) : (
        <>
          {description && <p class="docs-intro">{visible(description)}</p>}
          <ApiDocument document={document} server={OWN} />
        </>
      )}
    </>
  );
}

