// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { KubeObject } from '../../api/kubernetes.js';
import { lastAppliedAnnotation } from '../../api/names.js';
import type { PodWorkload } from '../../workload/index.js';

/**
 * How many replicas each primary had when it was last seen: what one that somebody deletes is made with again. A restarted
 * operator that never saw it takes what the user last applied to the target with kubectl.
 */
export class PrimarySizes {
  private readonly replicas = new Map<string, number>();

  /** A primary at zero says nothing about how many it needs, and a DaemonSet has no such number. */
  note(uid: string, primary: Pick<PodWorkload, 'spec'> | undefined): void {
    const replicas = primary !== undefined && 'replicas' in primary.spec ? (primary.spec.replicas ?? 1) : 0;
    if (replicas > 0) this.replicas.set(uid, replicas);
  }

  /** Undefined when nobody knows. */
  lastKnown(uid: string, target: KubeObject): number | undefined {
    return this.replicas.get(uid) ?? appliedReplicas(target);
  }

  forget(uid: string): void {
    this.replicas.delete(uid);
  }
}

/** What kubectl keeps of a Deployment, as far as it matters here. */
const AppliedDeployment = z.object({ spec: z.object({ replicas: z.number().int().positive() }) });

function appliedReplicas({ metadata }: KubeObject): number | undefined {
  try {
    const applied: unknown = JSON.parse(metadata.annotations?.[lastAppliedAnnotation] ?? 'null');
    return AppliedDeployment.safeParse(applied).data?.spec.replicas;
  } catch {
    return undefined;
  }
}
