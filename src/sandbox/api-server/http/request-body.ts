// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http';
import { isObject } from '../json.js';
import type { Patch } from '../server/write-options.js';
import { badRequest, StatusError } from '../status-error.js';
import { decodeMessage, openEnvelope, ProtobufError } from '../types/protobuf-decoder.js';
import { objectType, type ObjectType } from '../types/type-table.js';

/** Larger requests are refused, as by a real server. */
const limitBytes = 3 * 2 ** 20;

/** @throws StatusError 413 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // A request without encoding gives Buffers, which its type does not say.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limitBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(): StatusError {
  const message = `Request entity too large: limit is ${limitBytes}`;
  return new StatusError(413, 'RequestEntityTooLarge', message, {});
}

/** The object of a POST or PUT, in JSON or as kubectl sends many, in protobuf. @throws StatusError 400, 415 */
export function parseObject(body: Buffer, contentType: string | undefined, type: BodyType): unknown {
  switch (mediaType(contentType) || 'application/json') {
    case 'application/json':
      return parseJson(body.toString('utf8'), type.kind);
    case 'application/vnd.kubernetes.protobuf':
      return parseProtobuf(body, type);
    default: {
      const types = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
      const message = `the body of the request was in an unknown format - accepted media types include: ${types}`;
      throw new StatusError(415, 'UnsupportedMediaType', message);
    }
  }
}

/** What a body is expected to hold. */
export interface BodyType {
  readonly kind: string;
  /** Undefined: never in protobuf. */
  readonly type: ObjectType | undefined;
}

function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';')[0]?.trim() ?? '';
}

function parseJson(text: string, kind: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const shown = text === '' ? '<empty>' : text;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: unexpected end of JSON input (${shown})`,
    );
  }
}

function parseProtobuf(body: Buffer, { kind, type }: BodyType): unknown {
  try {
    const { message, ...typeMeta } = openEnvelope(body);
    if (type !== undefined) return { ...decodeMessage(message, type), ...typeMeta };
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    throw badRequest(`the object provided is unrecognized (must be of type ${kind}): ${error.message}`);
  }
  throw badRequest(`the object provided is unrecognized (must be of type ${kind})`);
}

const deleteOptionsType: BodyType = { kind: 'DeleteOptions', type: objectType('meta.v1.DeleteOptions') };

/** The options in the body of a DELETE; undefined when there are none. @throws StatusError 400, 415 */
export function parseOptions(body: Buffer, contentType: string | undefined): unknown {
  return body.length === 0 ? undefined : parseObject(body, contentType, deleteOptionsType);
}

const decodeError = 'error decoding patch:';

/** @throws StatusError 400, 415 */
export function parsePatch(body: Buffer, contentType: string | undefined, isForced: boolean): Patch {
  const text = body.toString('utf8');
  switch (mediaType(contentType)) {
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
