// SPDX-License-Identifier: Apache-2.0
/*
 * What it costs the operator to read the counters of 20 Skipper replicas with 5,000 routes each. The replicas are one
 * process of their own on the addresses 127.0.0.1 to 127.0.0.20, so that their CPU time is not counted.
 * Usage: npm run bench:scrape
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import type { RoutedApp } from '../src/analysis/route-pattern.js';
import { ExpositionReader } from '../src/analysis/skipper-counters/exposition-reader.js';
import { RouteSelection } from '../src/analysis/skipper-counters/route-selection.js';
import { scrapePage } from '../src/analysis/skipper-counters/scrape-page.js';
import { createSkipperCounters } from '../src/analysis/skipper-counters/index.js';
import { TrafficWindow } from '../src/analysis/skipper-counters/traffic-window.js';
import { systemClock } from '../src/lib/clock.js';
import { createHttpClient } from '../src/lib/http-client.js';
import { silentLogger } from '../src/lib/logger.js';

const routes = 5_000;
const replicas = 20;
const rollouts = 5;
const recordedMs = 30_000;
const bounds = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf'];

/** Every second route leads to a canary; every fifth also answered with 500. */
function family(name: string): string {
  const lines: string[] = [`# TYPE ${name} histogram`];
  for (let route = 0; route < routes; route += 1) {
    const service = `app_${route}_${route % 2 === 0 ? 'canary' : 'primary'}`;
    const label = `kube_team_${route % 50}__app_${route}_canary__app_${route}_example_com____${service}`;
    for (const code of route % 5 === 0 ? [200, 500] : [200]) {
      const labels = `code="${code}",method="GET",route="${label}"`;
      for (const bound of bounds) lines.push(`${name}_bucket{${labels},le="${bound}"} ${100_000 + route}`);
      lines.push(`${name}_sum{${labels}} ${1_234.567 + route}`, `${name}_count{${labels}} ${100_000 + route}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function pages(): { readonly named: Buffer; readonly whole: Buffer } {
  const start = 'process_start_time_seconds 1767225600\n';
  const served = family('skipper_serve_route_duration_seconds');
  const others = family('skipper_backend_duration_seconds') + family('skipper_response_duration_seconds');
  return { named: Buffer.from(start + served), whole: Buffer.from(start + others + served) };
}

function serve(): void {
  const { named, whole } = pages();
  const packed = { named: gzipSync(named), whole: gzipSync(whole) };
  const server = createServer((request, response) => {
    const which = request.url?.startsWith('/whole') === true ? 'whole' : 'named';
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.setHeader('content-encoding', 'gzip').end(packed[which]);
  });
  process.on('disconnect', () => process.exit());
  server.listen(0, '0.0.0.0', () => {
    const address = server.address();
    if (address !== null && typeof address !== 'string') process.send?.(address.port);
  });
}

function appOf(route: number): RoutedApp {
  const name = `app-${route}`;
  return { namespace: `team-${route % 50}`, ingressName: name, serviceName: name, mirrored: false };
}

const apps = Array.from({ length: rollouts }, (_, index) => appOf(index * 2));

function selection(): RouteSelection {
  const recorded = apps.map((app) => ({ app, windows: { canary: new TrafficWindow(), primary: new TrafficWindow() } }));
  return new RouteSelection(new Set(recorded));
}

/** CPU time of this process, all threads, in ms per round. */
async function cpuMs(rounds: number, round: () => unknown): Promise<number> {
  for (let count = 0; count < 3; count += 1) await round();
  const before = process.cpuUsage();
  for (let count = 0; count < rounds; count += 1) await round();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / rounds;
}

const megabyte = 1_000_000;

function rssMb(): string {
  return `${Math.round(process.memoryUsage.rss() / megabyte)} MB`;
}

async function measureParser(name: string, page: Buffer): Promise<void> {
  const { finder } = selection();
  let samples = 0;
  const ms = await cpuMs(20, () => {
    samples = 0;
    const reader = new ExpositionReader(finder, () => (samples += 1));
    for (let offset = 0; offset < page.length; offset += 65_536) reader.write(page.subarray(offset, offset + 65_536));
    reader.end();
  });
  const speed = Math.round((page.length / megabyte / ms) * 1_000);
  console.log(
    `parser, ${name}: ${(page.length / megabyte).toFixed(1)} MB, ${ms.toFixed(1)} ms CPU, ${speed} MB/s, ${samples} samples taken`,
  );
}

async function measureScrape(name: string, address: string, bytes: number): Promise<void> {
  const http = createHttpClient({ clock: systemClock });
  const { signal } = new AbortController();
  const wanted = selection();
  const ms = await cpuMs(20, () => scrapePage(address, wanted, { clock: systemClock, http }, signal));
  http.close();
  const speed = Math.round((bytes / megabyte / ms) * 1_000);
  console.log(
    `scrape, ${name}: ${ms.toFixed(1)} ms CPU with HTTP and gzip, ${speed} MB/s; all ${replicas} replicas once: ${(ms * replicas).toFixed(0)} ms CPU`,
  );
}

async function measureRecording(port: number): Promise<void> {
  const addresses = Array.from({ length: replicas }, (_, index) => `http://127.0.0.${index + 1}:${port}`);
  const http = createHttpClient({ clock: systemClock });
  let scrapes = 0;
  const counting = {
    ...http,
    send: (request: Parameters<typeof http.send>[0]) => http.send(request).finally(() => (scrapes += 1)),
  };
  const source = { place: 'bench', list: () => Promise.resolve(addresses) };
  const counters = createSkipperCounters({ clock: systemClock, http: counting, log: silentLogger, replicas: source });
  for (const app of apps) counters.record(app, { windowMs: 60_000, keepMs: 10 * recordedMs });
  const before = process.cpuUsage();
  const samples: number[] = [];
  for (let waited = 0; waited < recordedMs; waited += 1_000) {
    await systemClock.sleep(1_000);
    samples.push(process.memoryUsage.rss() / megabyte);
  }
  const { user, system } = process.cpuUsage(before);
  counters.close();
  http.close();
  const percent = (((user + system) / 1_000 / recordedMs) * 100).toFixed(0);
  const period = ((recordedMs * replicas) / scrapes / 1_000).toFixed(1);
  console.log(
    `recording ${rollouts} rollouts at ${replicas} replicas for ${recordedMs / 1_000} s: ${percent} % of a core, each replica every ${period} s, highest RSS ${Math.round(Math.max(...samples))} MB`,
  );
}

async function main(): Promise<void> {
  console.log(`Node ${process.version}, ${routes} routes, ${replicas} replicas; RSS at start ${rssMb()}`);
  const server = fork(fileURLToPath(import.meta.url), ['serve']);
  const [port] = (await once(server, 'message')) as [number]; // Parse boundary: our own child process.
  // First of all, because the pages below would count as memory of the recording.
  await measureRecording(port);
  const { named, whole } = pages();
  await measureParser('one family (name[])', named);
  await measureParser('three families', whole);
  const address = `http://127.0.0.1:${port}`;
  await measureScrape('one family (name[])', address, named.length);
  await measureScrape('three families', `${address}/whole`, whole.length);
  server.kill();
}

if (process.argv[2] === 'serve') serve();
else await main();
