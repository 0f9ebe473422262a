// SPDX-License-Identifier: Apache-2.0

/** The histogram that Skipper keeps of everything that it serves, by route. */
export const servedFamily = 'skipper_serve_route_duration_seconds';
/** What it keeps of its backends, by route: answers, and requests without any. */
export const backendFamilies = ['skipper_backend_duration_seconds', 'skipper_backend_error_total'] as const;

/** What a page of metrics says besides its samples. */
export interface PageFacts {
  readonly bytes: number;
  /** Whether it looks like the Prometheus text format at all. */
  readonly isExposition: boolean;
  /** Some route has been served and counted. */
  readonly countsRoutes: boolean;
  /** Some request has been served, whether routes are counted or not. */
  readonly hasServed: boolean;
  /** When the process started, in its own Unix time. */
  readonly startSeconds: number | undefined;
}

const families = [servedFamily, ...backendFamilies];
const routeCount = new RegExp(`^${servedFamily}_count\\{`, 'm');
const servedRequests = /^skipper_(?:proxy_total|response)_duration_seconds_count(?:\{[^}]*\})? [1-9]/m;
const processStart = /^process_start_time_seconds (\S+)/m;
/** Other formats that the same port may answer with: JSON, HTML. */
const otherFormat = /^\s*[{[<]/;
/** No line of a real page comes near this. */
const maxLineLength = 256 * 1024;

/**
 * Reads a page of metrics in the Prometheus text format as it arrives and gives the samples of what Skipper counts by
 * route, for some routes. It holds one unfinished line and nothing else, however long the page; how it is cut into
 * pieces changes nothing. Labels of routes are word characters, so that no escape has to be undone to find them.
 */
export class ExpositionReader {
  private unfinished = '';
  private bytes = 0;
  private isExposition: boolean | undefined;
  private countsRoutes = false;
  private hasServed = false;
  private startSeconds: number | undefined;

  /**
   * @param routes matches `route="` and the begin of every wanted route label; undefined wants none. Global, without flag y
   * @param onSample gets the line's series, such as `skipper_backend_error_total{route="…"}`, and its value
   */
  constructor(
    private readonly routes: RegExp | undefined,
    private readonly onSample: (series: string, value: number) => void,
  ) {}

  write(piece: Buffer): void {
    this.bytes += piece.length;
    if (this.isExposition === false) return;
    // One character a byte: a sequence of UTF-8 may be cut anywhere, and none belongs to what is looked for.
    const text = this.unfinished + piece.toString('latin1');
    const end = text.lastIndexOf('\n') + 1;
    this.unfinished = text.slice(end);
    if (this.unfinished.length > maxLineLength) this.refuse();
    else if (end > 0) this.take(text.slice(0, end));
  }

  /** The page is complete. */
  end(): PageFacts {
    if (this.unfinished !== '') this.take(`${this.unfinished}\n`);
    this.unfinished = '';
    const { bytes, isExposition = true, countsRoutes, hasServed, startSeconds } = this;
    return { bytes, isExposition, countsRoutes, hasServed, startSeconds };
  }

  private refuse(): void {
    this.isExposition = false;
    this.unfinished = '';
  }

  private take(lines: string): void {
    if (this.isExposition === undefined && lines.trim() !== '') this.isExposition = !otherFormat.test(lines);
    if (this.isExposition === false) return;
    this.countsRoutes ||= routeCount.test(lines);
    this.hasServed ||= servedRequests.test(lines);
    this.startSeconds ??= startOf(lines);
    this.findSamples(lines);
  }

  private findSamples(lines: string): void {
    if (this.routes === undefined) return;
    this.routes.lastIndex = 0;
    for (let match = this.routes.exec(lines); match !== null; match = this.routes.exec(lines)) {
      const lineEnd = lines.indexOf('\n', match.index);
      this.readLine(lines, lines.lastIndexOf('\n', match.index) + 1, lineEnd);
      this.routes.lastIndex = lineEnd;
    }
  }

  private readLine(lines: string, start: number, end: number): void {
    if (!families.some((family) => lines.startsWith(family, start))) return;
    const labelsEnd = lines.lastIndexOf('}', end);
    if (labelsEnd < start) return;
    const [text = ''] = lines
      .slice(labelsEnd + 1, end)
      .trim()
      .split(/\s/);
    const value = text === '' ? Number.NaN : Number(text);
    if (Number.isFinite(value)) this.onSample(copyOf(lines.slice(start, labelsEnd + 1)), value);
  }
}

/** A slice would keep alive all the text that it is a part of, for as long as the series is known. */
function copyOf(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

function startOf(lines: string): number | undefined {
  const seconds = Number(processStart.exec(lines)?.[1]);
  return Number.isFinite(seconds) ? seconds : undefined;
}
