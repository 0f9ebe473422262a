// SPDX-License-Identifier: Apache-2.0
import { routePattern, routePrefixPattern, type RoutedApp, type Variant } from '../route-pattern.js';
import { parseSeries, type CounterPlace, type CounterSeries } from './counter-series.js';
import type { TrafficWindow } from './traffic-window.js';

/** An application whose traffic is recorded. */
export interface RecordedApp {
  readonly app: RoutedApp;
  readonly windows: Readonly<Record<Variant, TrafficWindow>>;
}

export interface SeriesTarget {
  readonly recorded: RecordedApp;
  readonly variant: Variant;
  readonly series: CounterSeries;
}

interface RoutesOfVariant {
  readonly recorded: RecordedApp;
  readonly variant: Variant;
  readonly pattern: RegExp;
  readonly place: CounterPlace;
}

/** More series than the routes of many rollouts have; a bound all the same, because routes come and go. */
const maxRemembered = 50_000;

/** Which routes count for which application, at one moment. Does not change; another set of applications is another selection. */
export class RouteSelection {
  /** For the reader of a page; undefined when no route counts. */
  readonly finder: RegExp | undefined;
  /** Whether some application is mirrored: its copies are counted at the backends only. */
  readonly needsBackends: boolean;
  private readonly patterns: readonly RoutesOfVariant[];
  private readonly targetsBySeries = new Map<string, readonly SeriesTarget[]>();

  constructor(private readonly apps: ReadonlySet<RecordedApp>) {
    const prefixes = [...new Set([...apps].map(({ app }) => routePrefixPattern(app)))];
    this.finder = prefixes.length === 0 ? undefined : new RegExp(`route="(?:${prefixes.join('|')})`, 'g');
    this.patterns = [...apps].flatMap((recorded) =>
      (['canary', 'primary'] as const).map((variant) => {
        const pattern = new RegExp(`^(?:${routePattern(recorded.app, variant)})$`);
        return { recorded, variant, pattern, place: placeOf(recorded.app, variant) };
      }),
    );
    this.needsBackends = this.patterns.some(({ place }) => place === 'backend');
  }

  has(recorded: RecordedApp): boolean {
    return this.apps.has(recorded);
  }

  /** What a series of the page belongs to; nothing for other routes. */
  targetsOf(text: string): readonly SeriesTarget[] {
    const known = this.targetsBySeries.get(text);
    if (known !== undefined) return known;
    const targets = this.findTargets(text);
    if (this.targetsBySeries.size >= maxRemembered) this.targetsBySeries.clear();
    this.targetsBySeries.set(text, targets);
    return targets;
  }

  private findTargets(text: string): readonly SeriesTarget[] {
    const series = parseSeries(text);
    if (series === undefined) return [];
    return this.patterns
      .filter(({ pattern, place }) => place === series.place && pattern.test(series.route))
      .map(({ recorded, variant }) => ({ recorded, variant, series }));
  }
}

function placeOf({ mirrored }: RoutedApp, variant: Variant): CounterPlace {
  return mirrored && variant === 'canary' ? 'backend' : 'served';
}
