// SPDX-License-Identifier: Apache-2.0
import type { PodTemplate } from '../../../src/api/index.js';
import { systemClock } from '../../../src/lib/clock.js';
import { errorText } from '../../../src/lib/operator-error.js';
import { systemRandom } from '../../../src/lib/random.js';
import { type Departure, PodDirectory, PodServer } from '../../../src/sandbox/podinfo/index.js';
import { type AnyObject, ApiFailure, api, resourcePath } from './api.js';
import { nodeName } from './control-plane.js';
import { follow } from './follow.js';

/** Pods with this in an image tag are never given a node: they stay Pending, as on a full cluster. */
const unschedulableTag = 'unschedulable';

/** Where pod-ready.yaml finds the address of a pod. */
const addressAnnotation = 'e2e.flagger.app/address';

/** From creation to an address and, with KWOK, at once to Ready. Long enough that nobody can take readiness for granted. */
const podStartMs = 1_000;

const podPort = 9898;

/** What pods do after their deletion, unless a namespace says otherwise: they serve on, as most real ones are made to. */
const usualDeparture: Departure = { kind: 'serve', forMs: 5_000 };

/** A pod as the Kubernetes API shows it. */
type Pod = AnyObject & {
  readonly spec: PodTemplate['spec'] & { readonly nodeName?: string };
  readonly status?: { readonly podIP?: string };
};

interface LivePod {
  readonly namespace: string;
  readonly name: string;
  readonly address: string;
  /** Of the first container's image: podinfo's version, which also says what faults it has. */
  readonly version: string;
}

/** Plays scheduler and kubelet: gives every pod the one node and an address that no pod had before, and answers there. */
export class Pods {
  private readonly started = new Set<string>();
  private readonly live = new Map<string, LivePod>();
  private readonly departures = new Map<string, Departure>();
  private readonly held = new Map<string, Pod>();
  private readonly holds = new Set<string>();
  private readonly crashes = new Set<string>();
  private addresses = 0;
  private readonly directory = new PodDirectory({
    clock: systemClock,
    departure: usualDeparture,
    onGone: (address) => void this.server.reset(address),
  });
  private readonly server = new PodServer({
    resolve: (address) => this.directory.resolve(address),
    clock: systemClock,
    random: systemRandom,
  });

  /** Listens on every address of the machine, and follows all pods until `signal` is aborted. */
  async start(signal: AbortSignal): Promise<void> {
    await this.server.listen({ host: '0.0.0.0', port: podPort });
    void follow(
      resourcePath('pods'),
      {
        // Parse boundary: the path lists pods only.
        onSet: (pod) => {
          this.follow(pod as Pod);
        },
        onDelete: (pod) => {
          this.end(pod as Pod);
        },
      },
      signal,
    );
  }

  /** Sets what the pods of a namespace, present and future, do after their deletion. */
  setDeparture(namespace: string, departure: Departure): void {
    this.departures.set(namespace, departure);
    for (const pod of this.live.values()) if (pod.namespace === namespace) this.serve(pod);
  }

  /** From now on, new pods of this app (label `app`) get no node, as on a full cluster. */
  hold(namespace: string, app: string): void {
    this.holds.add(`${namespace}/${app}`);
  }

  /** Ends a hold; the pods that waited start. */
  async release(namespace: string, app: string): Promise<void> {
    this.holds.delete(`${namespace}/${app}`);
    const waiting = [...this.held.values()].filter((pod) => appOf(pod) === `${namespace}/${app}`);
    for (const pod of waiting) this.held.delete(uidOf(pod));
    await Promise.all(waiting.map((pod) => this.run(pod)));
  }

  /** All pods of a namespace with this image tag, present and future, are dead: nothing answers and none is Ready. */
  async crash(namespace: string, version: string): Promise<void> {
    this.crashes.add(`${namespace}/${version}`);
    await Promise.all(this.liveOf(namespace, version).map((pod) => this.die(pod)));
  }

  /** Ends a crash: the same pods answer again and are Ready. */
  async heal(namespace: string, version: string): Promise<void> {
    this.crashes.delete(`${namespace}/${version}`);
    const pods = this.liveOf(namespace, version);
    for (const pod of pods) this.serve(pod);
    await Promise.all(pods.map((pod) => setReady(pod, 'True')));
  }

  private liveOf(namespace: string, version: string): readonly LivePod[] {
    return [...this.live.values()].filter((pod) => pod.namespace === namespace && pod.version === version);
  }

  /** The bench outlives whatever goes wrong with one pod: it comes again with the next list. */
  private follow(pod: Pod): void {
    this.set(pod).catch((error: unknown) => {
      this.live.delete(uidOf(pod));
      process.stderr.write(`bench: pod ${pod.metadata.name}: ${errorText(error)}\n`);
    });
  }

  private async set(pod: Pod): Promise<void> {
    if (pod.metadata.deletionTimestamp !== undefined) {
      this.end(pod);
      return;
    }
    const uid = uidOf(pod);
    if (!this.started.has(uid)) await this.run(pod);
    const address = pod.status?.podIP;
    if (address === undefined || this.live.has(uid)) return;
    const live = { namespace: pod.metadata.namespace ?? '', name: pod.metadata.name, address, version: versionOf(pod) };
    this.live.set(uid, live);
    if (this.crashes.has(`${live.namespace}/${live.version}`)) await this.die(live);
    else this.serve(live);
  }

  private async run(pod: Pod): Promise<void> {
    const uid = uidOf(pod);
    if (versionOf(pod).includes(unschedulableTag)) return;
    if (this.holds.has(appOf(pod))) {
      this.held.set(uid, pod);
      return;
    }
    this.started.add(uid);
    await systemClock.sleep(podStartMs);
    try {
      await unlessGone(giveAddressAndNode(pod, addressNumber(++this.addresses)));
    } catch {
      // The API server is away; the pod comes again with the next list.
      this.started.delete(uid);
    }
  }

  private serve({ namespace, name, address, version }: LivePod): void {
    this.directory.set(address, { name, version, state: 'serving' }, this.departures.get(namespace));
  }

  private end(pod: Pod): void {
    this.held.delete(uidOf(pod));
    const live = this.live.get(uidOf(pod));
    if (live === undefined) return;
    this.live.delete(uidOf(pod));
    this.directory.delete(live.address);
  }

  private async die(pod: LivePod): Promise<void> {
    this.directory.kill(pod.address);
    await setReady(pod, 'False');
  }
}

async function setReady({ namespace, name }: LivePod, status: 'True' | 'False'): Promise<void> {
  const conditions = ['Ready', 'ContainersReady'].map((type) => ({ type, status }));
  await unlessGone(api.patch(resourcePath('pods', namespace, name, 'status'), { status: { conditions } }));
}

async function giveAddressAndNode(pod: Pod, address: string): Promise<void> {
  const { name, namespace } = pod.metadata;
  const path = resourcePath('pods', namespace, name);
  await api.patch(path, { metadata: { annotations: { [addressAnnotation]: address } } });
  if (pod.spec.nodeName !== undefined) return;
  await api.create(`${path}/binding`, {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name },
    target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
  });
}

/** The n-th address of pods. */
function addressNumber(n: number): string {
  return `10.244.${Math.floor(n / 256)}.${n % 256}`;
}

function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? '';
}

/** "<namespace>/<label app>". */
function appOf({ metadata }: Pod): string {
  return `${metadata.namespace ?? ''}/${metadata.labels?.app ?? ''}`;
}

function versionOf(pod: Pod): string {
  return /:([^:/@]+)(?:@.*)?$/.exec(pod.spec.containers[0]?.image ?? '')?.[1] ?? 'latest';
}

async function unlessGone(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof ApiFailure && error.status === 404)) throw error;
  }
}
