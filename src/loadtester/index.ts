// SPDX-License-Identifier: Apache-2.0
// The load tester: a service of its own that webhooks of Canaries call for tests, load and gates.
// It talks to the operator over HTTP alone, knows nothing of rollouts, and judges no load: the analysis does.
// A call becomes a Task; the TaskRunner runs it as a TaskRun, a program in a process group or an HTTP load.
// Gates are kept by a GateStore; Access decides who may call. Routes bring them together, load-tester.ts wires all.
export { type LoadTester, type LoadTesterDeps, runLoadTester, startLoadTester } from './load-tester.js';
