import {
  DEFAULT_MAX_ATTEMPTS,
  DEFAULT_MAX_DOCUMENT_BYTES,
  DEFAULT_WAITS,
  dividedWaits,
  type PipelineSettings,
  type Waits,
} from '../pipeline/settings.ts';
import { plainFileTypes } from './file-types.ts';
import { completeRoutes } from './routes.ts';
import type { UploaderConfig, WaitsConfig } from './uploader-config.ts';

export interface Haste {
  /** Divides our own waits, for demonstrations. Default: 1. */
  readonly waitsDivisor?: number;
  /** Whether the pace of getResults is divided too: only for an Extracta that is embedded. Default: false. */
  readonly dividesResultsGate?: boolean;
}

/** The pipeline's settings: what the configuration says, and the defaults for all that it leaves open. */
export function pipelineSettings(config: UploaderConfig, haste: Haste = {}): PipelineSettings {
  const { waitsDivisor = 1, dividesResultsGate = false } = haste;
  return {
    routes: completeRoutes(config.routes),
    onUnknownOutcome: config.onUnknownOutcome ?? 'send-again',
    fileNames: config.fileNames ?? 'tagged',
    fileTypes: plainFileTypes(config.fileTypes),
    maxDocumentBytes: config.maxDocumentBytes ?? DEFAULT_MAX_DOCUMENT_BYTES,
    maxAttempts: config.maxAttempts ?? DEFAULT_MAX_ATTEMPTS,
    waits: dividedWaits({ ...DEFAULT_WAITS, ...given(config.waits ?? {}) }, waitsDivisor, dividesResultsGate),
  };
}

function given(waits: WaitsConfig): Partial<Waits> {
  return Object.fromEntries(Object.entries(waits).filter(([, value]) => value !== undefined));
}
