// SPDX-License-Identifier: Apache-2.0
import { defined } from '../../lib/defined.js';
import type { PodWorkload } from '../../workload/index.js';

/** The image of one container on the primary and on the target. */
export interface ImageChange {
  readonly container: string;
  readonly before?: string;
  readonly after?: string;
}

/** What a rollout changes about images, container by container. */
export function imageChanges(
  primary: PodWorkload | undefined,
  target: PodWorkload | undefined,
): readonly ImageChange[] {
  const imagesOf = (workload: PodWorkload | undefined): ReadonlyMap<string, string | undefined> =>
    new Map(workload?.spec.template.spec.containers.map(({ name, image }) => [name, image]));
  const before = imagesOf(primary);
  const after = imagesOf(target);
  return [...new Set([...before.keys(), ...after.keys()])].map((container) =>
    defined({ container, before: before.get(container), after: after.get(container) }),
  );
}
