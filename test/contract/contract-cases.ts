// SPDX-License-Identifier: Apache-2.0
import { describe } from '@jest/globals';
import { declareBench } from './bench.js';
import { controllerCases } from './cases/controllers.js';
import { deletionCases } from './cases/deletion.js';
import { discoveryCases } from './cases/discovery.js';
import { generationCases } from './cases/generation.js';
import { listCases } from './cases/lists.js';
import { patchCases } from './cases/patches.js';
import { recordedCases } from './cases/recorded-objects.js';
import { ruleCases } from './cases/rules.js';
import { subresourceCases } from './cases/subresources.js';
import { versionCases } from './cases/versions.js';
import { watchCases } from './cases/watches.js';
import type { ContractCluster } from './cluster.js';

/**
 * Declares the cases of the contract between this program and an API server, for a cluster that serves the kinds of crds/.
 * Call it at the top level of a test file; `cluster` is asked when the tests start. The cases keep to a namespace of their
 * own, and bear a kube-controller-manager beside them.
 */
export function contractCases(cluster: () => ContractCluster): void {
  describe('contract with the API server', () => {
    const bench = declareBench(cluster);
    describe('objects that are admitted or refused', () => recordedCases(bench));
    describe('versions', () => versionCases(bench));
    describe('generations', () => generationCases(bench));
    describe('patches', () => patchCases(bench));
    describe('subresources', () => subresourceCases(bench));
    describe('rules of kinds', () => ruleCases(bench));
    describe('deletion', () => deletionCases(bench));
    describe('lists', () => listCases(bench));
    describe('watches', () => watchCases(bench));
    describe('discovery and representations', () => discoveryCases(bench));
  });
}

/**
 * Declares the cases of the contract with the controllers of a cluster. It has one node, where pods start within seconds
 * unless their image tag says "unschedulable".
 */
export function controllerContractCases(cluster: () => ContractCluster): void {
  describe('contract with the controllers', () => controllerCases(declareBench(cluster)));
}
