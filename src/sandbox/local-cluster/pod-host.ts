// SPDX-License-Identifier: Apache-2.0
import { connect, Socket } from 'node:net';
import type { Clock } from '../../lib/clock.js';
import type { Random } from '../../lib/random.js';
import type { PodObject, PodPlan, PodRuntime } from '../cluster/index.js';
import { PodServer, type PodFault } from '../podinfo/index.js';
import type { EndpointAddress } from '../skipper-double/index.js';

/** A program that listens on this machine. */
export interface Program {
  /** Resolves with its port of 127.0.0.1. */
  listen(): Promise<number>;
  /** Ends it, and resets all its connections. */
  close(): Promise<void>;
}

export interface PodHostDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** How all pods come and go. */
  readonly plan: PodPlan;
  /** What runs in a pod instead of podinfo; undefined for podinfo. */
  readonly programOf?: (image: string) => Program | undefined;
}

interface RunningPod {
  readonly program: Program;
  readonly isListening: Promise<void>;
  /** Undefined until it listens, or when it cannot. */
  port: number | undefined;
}

/** Runs the pods of a cluster as servers of this process: each listens on a free port, and is reached by its address. */
export class PodHost {
  readonly #running = new Map<string, RunningPod>();
  /** Faults that versions got while they ran. */
  readonly #faults = new Map<string, PodFault>();

  constructor(private readonly deps: PodHostDeps) {}

  /** For `startControllers`. */
  readonly runtime: PodRuntime = {
    planOf: () => this.deps.plan,
    onStarted: (pod, address) => this.#start(pod, address),
    onStopped: (_pod, address) => this.#stop(address),
  };

  /** From now on all pods with this image tag have a fault, beside what their tag gives them. */
  spoil(version: string, fault: PodFault): void {
    this.#faults.set(version, fault);
  }

  /** Opens a connection to a pod by the address that the cluster knows; refused when no pod is there. */
  readonly dial = ({ host }: EndpointAddress): Socket => {
    const port = this.#running.get(host)?.port;
    return port === undefined ? refused(host) : connect({ host: '127.0.0.1', port, noDelay: true });
  };

  async close(): Promise<void> {
    const programs = [...this.#running.values()].map(({ program }) => program);
    this.#running.clear();
    await Promise.all(programs.map((program) => program.close()));
  }

  #start(pod: PodObject, address: string): void {
    const { image = '' } = pod.spec.containers[0] ?? {};
    const program = this.deps.programOf?.(image) ?? this.#podinfo(pod.metadata.name, versionOf(image));
    const listening = program.listen();
    const running: RunningPod = { program, port: undefined, isListening: listening.then(setPort, () => undefined) };
    function setPort(port: number): void {
      running.port = port;
    }
    this.#running.set(address, running);
  }

  #stop(address: string): void {
    const running = this.#running.get(address);
    this.#running.delete(address);
    // It may be listening only now.
    void running?.isListening.then(() => running.program.close());
  }

  #podinfo(name: string, version: string): Program {
    const { clock, random } = this.deps;
    const resolve = (): { name: string; version: string; state: 'serving'; fault?: PodFault } => {
      const fault = this.#faults.get(version);
      return { name, version, state: 'serving', ...(fault !== undefined && { fault }) };
    };
    const server = new PodServer({ resolve, clock, random });
    return { listen: () => server.listen({ host: '127.0.0.1', port: 0 }), close: () => server.close() };
  }
}

class ConnectionRefused extends Error {
  readonly code = 'ECONNREFUSED';
}

function refused(host: string): Socket {
  const socket = new Socket();
  process.nextTick(() => socket.destroy(new ConnectionRefused(`connect ECONNREFUSED ${host}`)));
  return socket;
}

/** The tag of an image. */
export function versionOf(image: string): string {
  return /:([^:/@]+)(?:@.*)?$/.exec(image)?.[1] ?? 'latest';
}
