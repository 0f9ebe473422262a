// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JsonObject } from '../json.js';
import type { ResourceType } from '../kinds/resource-type.js';
import type { ApiServer } from '../server/api-server.js';
import type { DeleteResult, Subresource, WriteResult } from '../server/write-options.js';
import { badRequest, methodNotAllowed, noSuchResource } from '../status-error.js';
import { objectType } from '../types/type-table.js';
import { answer, type Answer } from './answer.js';
import { parseObject, parseOptions, parsePatch, readBody, type BodyType } from './request-body.js';
import { deleteOptions, integerOf, isTrue, listQuery, writeOptions } from './request-options.js';
import type { RequestPath } from './request-path.js';
import { acceptedForm, renderList, renderObject, type Rendering } from './representation.js';
import { serveWatch } from './watch-response.js';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
}

export type ResourcePath = Extract<RequestPath, { readonly kind: 'resource' }>;

/** Answers requests about objects. */
export async function handleResource(server: ApiServer, path: ResourcePath, exchange: Exchange): Promise<void> {
  const resource = server.resource(path.group, path.version, path.plural);
  const handler = new ResourceHandler(server, { path, resource, exchange });
  const subresource = subresourceOf(path, resource);
  await (path.name === undefined ? handler.collection() : handler.object(path.name, subresource));
}

/** @throws StatusError 404 when the kind does not have it */
function subresourceOf({ subresource }: ResourcePath, { rules, hasScale }: ResourceType): Subresource | undefined {
  if (subresource === undefined) return undefined;
  if (subresource === 'status' && rules.hasStatus) return 'status';
  if (subresource === 'scale' && hasScale) return 'scale';
  throw noSuchResource();
}

interface ResourceRequest {
  readonly path: ResourcePath;
  readonly resource: ResourceType;
  readonly exchange: Exchange;
}

class ResourceHandler {
  constructor(
    private readonly server: ApiServer,
    private readonly parts: ResourceRequest,
  ) {}

  async collection(): Promise<void> {
    const { path, resource, exchange } = this.parts;
    const { request, response, query } = exchange;
    switch (request.method) {
      case 'GET':
        if (isTrue(query, 'watch')) this.#watch();
        else
          this.#answer({
            status: 200,
            body: renderList(this.server.list(resource, this.#selection()), this.#rendering()),
          });
        return;
      case 'POST': {
        if (resource.isNamespaced && path.namespace === '') throw methodNotAllowed();
        const body = parseObject(
          await readBody(request),
          request.headers['content-type'],
          bodyType(resource, undefined),
        );
        const options = writeOptions(query, 'CreateOptions', request.headers['user-agent'] ?? '');
        this.#answerWrite(this.server.create(resource, path.namespace, body, options));
        return;
      }
      case 'DELETE': {
        if (!resource.isNamespaced ? resource.plural === 'namespaces' : path.namespace === '') throw methodNotAllowed();
        const options = deleteOptions(query, parseOptions(await readBody(request), request.headers['content-type']));
        const list = this.server.deleteCollection(resource, this.#selection(), options);
        answer(response, { status: 200, body: renderList(list, this.#rendering()) });
        return;
      }
      default:
        throw methodNotAllowed();
    }
  }

  async object(name: string, subresource: Subresource | undefined): Promise<void> {
    const { path, resource, exchange } = this.parts;
    const { request, query } = exchange;
    const key = { namespace: path.namespace, name };
    const userAgent = request.headers['user-agent'] ?? '';
    switch (request.method) {
      case 'GET':
        this.#answer({ status: 200, body: this.#rendered(this.server.get(resource, key, subresource), subresource) });
        return;
      case 'PUT': {
        const body = parseObject(
          await readBody(request),
          request.headers['content-type'],
          bodyType(resource, subresource),
        );
        const options = { ...writeOptions(query, 'UpdateOptions', userAgent), subresource };
        this.#answerWrite(this.server.update(resource, key, body, options), subresource);
        return;
      }
      case 'PATCH': {
        const patch = parsePatch(await readBody(request), request.headers['content-type'], isTrue(query, 'force'));
        const options = { ...writeOptions(query, 'PatchOptions', userAgent), subresource };
        this.#answerWrite(this.server.patch(resource, key, patch, options), subresource);
        return;
      }
      case 'DELETE': {
        if (subresource !== undefined) throw methodNotAllowed();
        const options = deleteOptions(query, parseOptions(await readBody(request), request.headers['content-type']));
        this.#answerDeletion(this.server.delete(resource, key, options));
        return;
      }
      default:
        throw methodNotAllowed();
    }
  }

  #watch(): void {
    const { exchange, resource } = this.parts;
    const { query, response } = exchange;
    const sendsInitialEvents = isTrue(query, 'sendInitialEvents');
    if (sendsInitialEvents && query.get('resourceVersionMatch') !== 'NotOlderThan') {
      throw badRequest('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
    }
    const { form, includeObject } = this.#rendering();
    const request = {
      query: this.#selection(),
      timeoutSeconds: integerOf(query, 'timeoutSeconds'),
      allowsBookmarks: isTrue(query, 'allowWatchBookmarks'),
      sendsInitialEvents,
      rendering: { resource, form, includeObject },
    };
    serveWatch(this.server, request, response);
  }

  #selection(): ReturnType<typeof listQuery> {
    const { exchange, path } = this.parts;
    return listQuery(exchange.query, path.namespace);
  }

  #rendering(): Rendering {
    const { exchange, resource } = this.parts;
    return {
      resource,
      form: acceptedForm(exchange.request.headers.accept),
      nowMs: this.server.clock.nowMs(),
      includeObject: exchange.query.get('includeObject') ?? 'Metadata',
    };
  }

  /** A Scale has no table of its own. */
  #rendered(object: WriteResult['object'], subresource: Subresource | undefined): unknown {
    return subresource === 'scale' ? object : renderObject(object, this.#rendering());
  }

  #answerWrite({ object, isCreated, warnings }: WriteResult, subresource?: Subresource): void {
    this.#answer({ status: isCreated ? 201 : 200, body: this.#rendered(object, subresource), warnings });
  }

  #answerDeletion({ object, isGone }: DeleteResult): void {
    const { resource } = this.parts;
    const body =
      isGone && !resource.rules.answersWithDeleted
        ? successStatus(resource, object)
        : this.#rendered(object, undefined);
    this.#answer({ status: 200, body });
  }

  #answer(parts: Answer): void {
    answer(this.parts.exchange.response, parts);
  }
}

function bodyType({ kind, schema }: ResourceType, subresource: Subresource | undefined): BodyType {
  if (subresource === 'scale') return { kind: 'Scale', type: objectType('autoscaling.v1.Scale') };
  return { kind, type: schema.kind === 'typed' ? schema.type : undefined };
}

function successStatus({ group, plural }: ResourceType, { metadata }: DeleteResult['object']): JsonObject {
  const details = { name: metadata.name, ...(group !== '' && { group }), kind: plural, uid: metadata.uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}
