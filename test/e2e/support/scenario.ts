// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject, PodTemplate } from '../../../src/api/index.js';
import { errorText } from '../../../src/lib/operator-error.js';
import { api, collectionPath, resourcePath } from '../bench/api.js';
import { lastLines } from '../bench/process.js';
import { waitFor } from '../bench/wait.js';
import type { App } from './app.js';
import { type AppSpec, applyCanary, ensureNamespace, installApp, kustomized } from './install-app.js';
import { kubectl } from './kubectl.js';
import { Operator, type OperatorSpec } from './operator.js';
import { SteadyClient } from './steady-client.js';

export interface ScenarioSpec extends AppSpec {
  /** Further arguments of the operator. */
  readonly operatorArgs?: readonly string[];
  readonly apiServer?: OperatorSpec['apiServer'];
}

export interface Scenario {
  readonly app: App;
  readonly operator: Operator;
  /** Runs from the moment the app is initialised; until then nothing routes to it, unless it has a Service of its own. */
  readonly client: SteadyClient;
}

let crds: Promise<string> | undefined;

/**
 * The operator's three kinds, once per test file. Several workers do it at the same time and may get in each other's way.
 * A failure is that of one test: the next one tries again.
 */
export function installCrds(): Promise<string> {
  crds ??= establishCrds().catch((error: unknown) => {
    crds = undefined;
    throw error;
  });
  return crds;
}

function establishCrds(): Promise<string> {
  const probe = async (): Promise<string> => {
    await kubectl('apply', '-k', 'crds');
    const kinds = ['canaries', 'metrictemplates', 'alertproviders'].map((plural) => `crd/${plural}.flagger.app`);
    return kubectl('wait', '--for=condition=established', '--timeout=30s', ...kinds);
  };
  return waitFor('the kinds of the operator are established', probe, { timeoutMs: 120_000 });
}

/** Grants what the namespaced install grants, and returns the arguments that it gives the operator. */
export async function installNamespaced(namespace: string): Promise<readonly string[]> {
  await installCrds();
  await ensureNamespace(namespace);
  const inTest = await kustomized('kustomize/namespaced');
  const text = JSON.stringify(inTest).replaceAll('"namespace":"test"', `"namespace":"${namespace}"`);
  // The text is the same list for another namespace.
  const objects = JSON.parse(text) as readonly KubeObject[];
  for (const object of objects) {
    const found = await api.find(`${collectionPath(object)}/${object.metadata.name}`);
    if (object.kind !== 'Deployment' && found === undefined) await api.create(collectionPath(object), object);
  }
  const deployment = objects.find(({ kind }) => kind === 'Deployment') as unknown as {
    readonly spec: { readonly template: PodTemplate };
  };
  const [container] = deployment.spec.template.spec.containers as readonly { readonly args?: readonly string[] }[];
  return (container?.args ?? []).map((arg) => arg.replace('$(NAMESPACE)', namespace));
}

/** An operator for one namespace, not started yet, with the floor of the analysis interval lowered. */
export async function namespacedOperator(spec: ScenarioSpec, suffix = ''): Promise<Operator> {
  const args = await installNamespaced(spec.namespace);
  return new Operator({
    name: spec.namespace + suffix,
    namespace: spec.namespace,
    args: [...args, '-analysis-interval-floor=1s', ...(spec.operatorArgs ?? [])],
    ...(spec.apiServer === undefined ? {} : { apiServer: spec.apiServer }),
  });
}

/**
 * Runs `body` with an app, an operator and a client of its own. The app has just been initialised and every request
 * succeeds. Everything is taken down afterwards; after a failure, what was there is left in failed-<namespace>.txt.
 */
export async function withScenario(spec: ScenarioSpec, body: (scenario: Scenario) => Promise<void>): Promise<void> {
  await withUninitialised(spec, async (scenario) => {
    await applyCanary(scenario.app, spec);
    await scenario.app.waitForPhase('Initialized');
    if (spec.withService !== true) scenario.client.start();
    await waitFor('the app answers', () => scenario.client.answers().some(({ status }) => status === 200));
    await body(scenario);
  });
}

/** Like `withScenario`, but the Canary is left to the body, and the client runs at once if the app has a Service. */
export async function withUninitialised(
  spec: ScenarioSpec,
  body: (scenario: Scenario) => Promise<void>,
): Promise<void> {
  const operator = await namespacedOperator(spec);
  const app = await installApp(spec);
  const client = new SteadyClient({ host: app.host, requestsPerSecond: 15 });
  try {
    if (spec.withService === true) await startWithTraffic(client);
    await operator.start();
    await body({ app, operator, client });
  } catch (error) {
    await leaveEvidence(app, operator, client, error);
    throw error;
  } finally {
    await client.stop();
    await operator.stop();
    await removeNamespace(app.namespace);
  }
}

/** Takes its time on a busy machine, where one request may run into its deadline although it was carried out. */
async function removeNamespace(name: string): Promise<void> {
  const path = resourcePath('namespaces', undefined, name);
  await waitFor(`namespace ${name} is being deleted`, async () => {
    const found = await api.find(path);
    if (found !== undefined && found.metadata.deletionTimestamp === undefined) await api.remove(path);
    return true;
  });
}

/** The app serves already; failures before the proxy has seen it do not count. */
async function startWithTraffic(client: SteadyClient): Promise<void> {
  client.start();
  await waitFor('the app answers', () => client.answers().at(-1)?.status === 200);
  client.forget();
}

async function leaveEvidence(app: App, operator: Operator, client: SteadyClient, error: unknown): Promise<void> {
  const kinds = 'canaries,deployments,replicasets,pods,services,ingresses,endpointslices,hpa,leases';
  const objects = await kubectl('-n', app.namespace, 'get', kinds, '-o', 'yaml').catch(errorText);
  const parts = [
    errorText(error),
    `events:\n${(await app.messages().catch(() => [])).join('\n')}`,
    `failed requests:\n${client.failures().join('\n')}`,
    `log of the operator:\n${lastLines(operator.logFile, 200)}`,
    objects,
  ];
  writeFileSync(join(process.env.E2E_DIR ?? '', `failed-${app.namespace}.txt`), parts.join('\n\n'));
}
