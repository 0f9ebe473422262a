// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../api/kubernetes.js';
import { decodeObject } from './decode.js';
import { badAnswer, errorOfStatus } from './errors.js';
import { isRecord, recordAt, stringAt } from './json.js';
import type { ResourceKind } from './resources.js';

/** What a watch tells. An ERROR frame is thrown as ApiError instead. */
export type WatchFrame<T> =
  | { readonly kind: 'added' | 'modified' | 'deleted'; readonly object: T }
  /** Nothing changed up to this version: a later watch may start from it. */
  | { readonly kind: 'bookmark'; readonly resourceVersion: string };

/** A frame holds one object, which etcd limits to 1.5 MiB; JSON may be several times that. */
const maxLineBytes = 32 * 2 ** 20;

const changes = { ADDED: 'added', MODIFIED: 'modified', DELETED: 'deleted' } as const;

/**
 * Reads the frames of a watch to its regular end.
 * @throws ApiError API_BAD_ANSWER for a line that is no frame, and for one that broke off; as the Status in an ERROR frame says
 */
export async function* readFrames<T extends KubeObject>(
  kind: ResourceKind<T>,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<WatchFrame<T>> {
  for await (const line of readLines(chunks, `WATCH ${kind.plural}`)) {
    if (line.trim() !== '') yield parseFrame(kind, line);
  }
}

function parseFrame<T extends KubeObject>(kind: ResourceKind<T>, line: string): WatchFrame<T> {
  const request = `WATCH ${kind.plural}`;
  const frame = parseJson(line);
  if (!isRecord(frame)) throw badAnswer(request, 'a line that is no JSON object');
  const type = stringAt(frame, 'type') ?? '';
  if (type === 'ERROR') throw errorOfStatus(frame.object, { code: 500, message: `${request}: ERROR frame` });
  if (type === 'BOOKMARK') {
    const resourceVersion = stringAt(recordAt(recordAt(frame, 'object'), 'metadata'), 'resourceVersion');
    if (resourceVersion === undefined) throw badAnswer(request, 'a bookmark without resourceVersion');
    return { kind: 'bookmark', resourceVersion };
  }
  const object = decodeObject(kind, frame.object);
  if (!isChange(type) || object === undefined) throw badAnswer(request, `a frame of unknown form, type "${type}"`);
  return { kind: changes[type], object };
}

function isChange(type: string): type is keyof typeof changes {
  return Object.hasOwn(changes, type);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // The caller reports what this is undefined for.
    return undefined;
  }
}

const newline = 0x0a;

async function* readLines(chunks: AsyncIterable<Uint8Array>, request: string): AsyncGenerator<string> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      yield Buffer.concat([...pending, chunk.subarray(start, end)]).toString('utf8');
      pending = [];
      pendingBytes = 0;
      start = end + 1;
    }
    pending.push(chunk.subarray(start));
    pendingBytes += chunk.length - start;
    if (pendingBytes > maxLineBytes) throw badAnswer(request, `a line of more than ${maxLineBytes} bytes`);
  }
  // Even if it happens to be whole JSON, a frame without its newline was cut off by something.
  if (pendingBytes > 0) throw badAnswer(request, 'a line that broke off');
}
