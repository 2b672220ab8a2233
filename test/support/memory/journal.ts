import type { Journal } from '../../../lib/pipeline/ports.ts';
import { snapshot } from './snapshot.ts';

export interface JournalEntry {
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface RecordingJournal extends Journal {
  readonly entries: readonly JournalEntry[];
  named(event: string): readonly JournalEntry[];
}

/** Keeps what was recorded, as it was at that moment. */
export function recordingJournal(): RecordingJournal {
  const entries: JournalEntry[] = [];
  return {
    entries,
    record: (event, fields) => void entries.push(snapshot({ event, fields })),
    named: (event) => entries.filter((entry) => entry.event === event),
  };
}
