// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http';
import { isObject } from '../json.js';
import type { ResourceType } from '../kinds/resource-type.js';
import type { Patch } from '../server/write-options.js';
import { badRequest, StatusError } from '../status-error.js';

/** Larger requests are refused, as by a real server. */
const limitBytes = 3 * 2 ** 20;

/** @throws StatusError 413 */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // A request without encoding gives Buffers, which its type does not say.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limitBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tooLarge(): StatusError {
  const message = `Request entity too large: limit is ${limitBytes}`;
  return new StatusError(413, 'RequestEntityTooLarge', message, {});
}

/** The object of a POST or PUT. @throws StatusError 400, 415 */
export function parseObject(text: string, contentType: string | undefined, resource: ResourceType): unknown {
  const type = (contentType ?? 'application/json').split(';')[0]?.trim() ?? '';
  if (type !== 'application/json') {
    const types = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
    const message = `the body of the request was in an unknown format - accepted media types include: ${types}`;
    throw new StatusError(415, 'UnsupportedMediaType', message);
  }
  try {
    return JSON.parse(text);
  } catch {
    const shown = text === '' ? '<empty>' : text;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${resource.kind}): couldn't get version/kind; json parse error: unexpected end of JSON input (${shown})`,
    );
  }
}

/** The options in the body of a DELETE; undefined when there are none. @throws StatusError 400 */
export function parseOptions(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest('unexpected end of JSON input');
  }
}

const decodeError = 'error decoding patch:';

/** @throws StatusError 400, 415 */
export function parsePatch(text: string, contentType: string | undefined, isForced: boolean): Patch {
  const type = (contentType ?? '').split(';')[0]?.trim() ?? '';
  switch (type) {
    case 'application/json-patch+json': {
      const operations = parsePatchJson(text);
      if (Array.isArray(operations)) return { kind: 'json', operations };
      throw badRequest(`${decodeError} json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp`);
    }
    case 'application/merge-patch+json':
      return { kind: 'merge', patch: patchObject(text) };
    case 'application/strategic-merge-patch+json':
      return { kind: 'strategic', patch: patchObject(text) };
    case 'application/apply-patch+yaml':
      return { kind: 'apply', object: patchObject(text), isForced };
    default:
      throw new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  }
}

function patchObject(text: string): Readonly<Record<string, unknown>> {
  const value = parsePatchJson(text);
  if (isObject(value)) return value;
  throw badRequest(`${decodeError} json: cannot unmarshal array into Go value of type map[string]interface {}`);
}

function parsePatchJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest(`${decodeError} unexpected end of JSON input`);
  }
}
