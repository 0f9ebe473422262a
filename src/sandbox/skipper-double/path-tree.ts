// SPDX-License-Identifier: Apache-2.0

interface PathNode<T> {
  readonly children: Map<string, PathNode<T>>;
  /** For a segment `:name`, which stands for any one segment. */
  wildcard: PathNode<T> | undefined;
  readonly exact: T[];
  readonly subtree: T[];
}

/**
 * Values by URL path. A look-up offers them from the most specific place to the least: the exact path first, then
 * ever shorter subtrees, and last what is placed at no path.
 */
export class PathTree<T> {
  private readonly root = emptyNode<T>();
  private readonly anywhere: T[] = [];

  addExact(path: string, value: T): void {
    // "**" or "*name" at the end stand for whatever follows.
    const [, prefix] = /^(.*?)\/\*[^/]*$/.exec(path) ?? [];
    if (prefix === undefined) this.nodeAt(segmentsOf(path)).exact.push(value);
    else this.addSubtree(prefix, value);
  }

  addSubtree(path: string, value: T): void {
    const trimmed = path.replace(/\/+$/, '');
    this.nodeAt(trimmed === '' ? [] : segmentsOf(trimmed)).subtree.push(value);
  }

  addAnywhere(value: T): void {
    this.anywhere.push(value);
  }

  /** The groups of values whose place covers `path`, most specific first; never empty groups. */
  *lookup(path: string): Generator<readonly T[]> {
    yield* groupsBelow(this.root, segmentsOf(path), 0);
    if (this.anywhere.length > 0) yield this.anywhere;
  }

  private nodeAt(segments: readonly string[]): PathNode<T> {
    let node = this.root;
    for (const segment of segments) node = childOf(node, segment);
    return node;
  }
}

function emptyNode<T>(): PathNode<T> {
  return { children: new Map(), wildcard: undefined, exact: [], subtree: [] };
}

function childOf<T>(node: PathNode<T>, segment: string): PathNode<T> {
  if (segment.startsWith(':')) {
    node.wildcard ??= emptyNode();
    return node.wildcard;
  }
  const child = node.children.get(segment) ?? emptyNode<T>();
  node.children.set(segment, child);
  return child;
}

function segmentsOf(path: string): readonly string[] {
  return path.replace(/^\//, '').split('/');
}

function* groupsBelow<T>(node: PathNode<T>, segments: readonly string[], depth: number): Generator<readonly T[]> {
  const segment = segments[depth];
  if (segment === undefined) {
    if (node.exact.length > 0) yield node.exact;
  } else {
    const child = node.children.get(segment);
    if (child !== undefined) yield* groupsBelow(child, segments, depth + 1);
    if (node.wildcard !== undefined && segment !== '') yield* groupsBelow(node.wildcard, segments, depth + 1);
  }
  if (node.subtree.length > 0) yield node.subtree;
}
