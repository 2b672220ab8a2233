import type { DocumentItem } from '../pipeline/model.ts';
import { jsonOf } from '../terminal/printable.ts';
import { createProgress, type Pace } from '../terminal/progress.ts';
import { type Paint, paintFor, type Terminal, write } from '../terminal/terminal.ts';
import { renderLine, renderReport } from './render.ts';
import { type Report, type ReportedDocument, reported } from './report.ts';

export interface ScreenOptions {
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  /** Standard output is for the JSON alone. */
  readonly json: boolean;
}

/** All that a run says. Results go to standard output, progress and logs to standard error. */
export interface Screen {
  /** A line on the way. */
  say(line: string): void;
  /** The line that changes while files move. */
  show(status: string): void;
  /** Something for people only: with `json` it goes to standard error. */
  tell(text: string): Promise<void>;
  report(report: Report): Promise<void>;
  /** A further document that settled, after the report. */
  settled(item: DocumentItem): Promise<void>;
  clear(): void;
}

const DEFAULT_COLUMNS = 100;
const PACE: Pace = { liveMs: 0, plainMs: 5000 };

export function createScreen({ stdout, stderr, json }: ScreenOptions): Screen {
  const progress = createProgress(stderr, () => performance.now(), PACE);
  const people = json ? stderr : stdout;
  const put = (stream: Terminal, text: string) => {
    progress.clear();
    return write(stream, text);
  };
  return {
    say: progress.say,
    show: progress.show,
    clear: progress.clear,
    tell: (text) => put(people, text),
    report: (report) =>
      put(stdout, json ? asJson(report) : renderReport(report, columnsOf(stdout), paintFor(stdout))),
    settled: (item) => put(stdout, settledText(reported(item), json, paintFor(stdout))),
  };
}

const columnsOf = (stream: Terminal): number => stream.columns || DEFAULT_COLUMNS;

const asJson = (report: Report): string => `${jsonOf(report, 2)}\n`;

function settledText(document: ReportedDocument, json: boolean, paint: Paint): string {
  return `${json ? jsonOf(document) : renderLine(document, paint)}\n`;
}
