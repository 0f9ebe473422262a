// SPDX-License-Identifier: Apache-2.0
import { systemClock } from '../../../src/lib/clock.js';
import { type AnyObject, adminApiUrl } from './api.js';

export interface Follower {
  /** Also called for each object of a new list, so it must not mind repetition. */
  readonly onSet: (object: AnyObject) => void;
  readonly onDelete: (object: AnyObject) => void;
}

interface WatchFrame {
  readonly type: string;
  readonly object: AnyObject;
}

/**
 * Tells `follower` about every object below `path` until `signal` is aborted. The simplest thing that survives an
 * API server that comes and goes: after any trouble it lists again. (The operator's own reflector is what is tested
 * here, so the bench does not use it.)
 */
export async function follow(path: string, follower: Follower, signal: AbortSignal): Promise<void> {
  const known = new Map<string, AnyObject>();
  while (!signal.aborted) {
    try {
      await listAndWatch(path, { follower, known, signal });
    } catch {
      await systemClock.sleep(300, signal);
    }
  }
}

interface Session {
  readonly follower: Follower;
  readonly known: Map<string, AnyObject>;
  readonly signal: AbortSignal;
}

async function listAndWatch(path: string, { follower, known, signal }: Session): Promise<void> {
  const list = await fetch(adminApiUrl + path, { signal });
  if (!list.ok) throw new Error(`list ${path}: ${list.status}`);
  // Parse boundary: a list as the API server sends it.
  const { items, metadata } = (await list.json()) as {
    readonly items: readonly AnyObject[];
    readonly metadata: { readonly resourceVersion: string };
  };
  const listed = new Set(items.map(uidOf));
  for (const [uid, object] of [...known]) {
    if (listed.has(uid)) continue;
    known.delete(uid);
    follower.onDelete(object);
  }
  for (const object of items) {
    known.set(uidOf(object), object);
    follower.onSet(object);
  }
  const query = `?watch=true&resourceVersion=${metadata.resourceVersion}&timeoutSeconds=300`;
  const watch = await fetch(adminApiUrl + path + query, { signal });
  if (!watch.ok || watch.body === null) throw new Error(`watch ${path}: ${watch.status}`);
  for await (const frame of frames(watch.body)) {
    if (frame.type === 'ERROR') throw new Error(`watch ${path} broke off`);
    if (frame.type === 'DELETED') {
      known.delete(uidOf(frame.object));
      follower.onDelete(frame.object);
    } else {
      known.set(uidOf(frame.object), frame.object);
      follower.onSet(frame.object);
    }
  }
}

async function* frames(body: ReadableStream<Uint8Array>): AsyncGenerator<WatchFrame> {
  let rest = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    // Parse boundary: one frame per line, as the API server sends them.
    for (const line of lines) if (line !== '') yield JSON.parse(line) as WatchFrame;
  }
}

function uidOf(object: AnyObject): string {
  return object.metadata.uid ?? object.metadata.name;
}
