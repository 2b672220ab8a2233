import type { DocumentItem } from '../pipeline/model.ts';
import { renderLine, renderReport } from './render.ts';
import { type Report, type ReportedDocument, reported } from './report.ts';
import { createProgress, type Paint, paintFor, type Terminal, write } from './terminal.ts';

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

export function createScreen({ stdout, stderr, json }: ScreenOptions): Screen {
  const progress = createProgress(stderr, () => performance.now());
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

const asJson = (report: Report): string => `${JSON.stringify(report, undefined, 2)}\n`;

function settledText(document: ReportedDocument, json: boolean, paint: Paint): string {
  return `${json ? JSON.stringify(document) : renderLine(document, paint)}\n`;
}
