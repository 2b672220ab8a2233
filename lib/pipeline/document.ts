import { UploaderError } from './failures.ts';
import { contentTypeOf, extensionFor, extensionOf } from './file-type.ts';
import type { Arrival, Route } from './model.ts';
import type { ObjectFacts } from './ports.ts';
import type { PipelineSettings } from './settings.ts';

/** One object version, described well enough to be sent. */
export interface DescribedDocument {
  readonly arrival: Arrival;
  readonly route: Route;
  readonly sizeBytes: number;
  /** Decides the type: the key's own, else the one that its Content-Type stands for. */
  readonly extension: string;
  readonly contentType: string;
  /** User metadata; empty where the route does not ask for it. */
  readonly metadata: ObjectFacts['metadata'];
}

/** Whether HeadObject must be asked: only where the event does not say what we need. */
export function needsFacts(arrival: Arrival, route: Route): boolean {
  return route.metadataOverrides || arrival.sizeBytes === undefined || extensionOf(arrival.key) === undefined;
}

/** Throws `document.empty`, `.unsupported-type`, `.too-large`, each saying what to change. */
export function describedDocument(
  arrival: Arrival,
  route: Route,
  facts: ObjectFacts | undefined,
  settings: PipelineSettings,
): DescribedDocument {
  const sizeBytes = facts?.sizeBytes ?? arrival.sizeBytes ?? 0;
  const extension = extensionOf(arrival.key) ?? extensionFor(facts?.contentType);
  if (sizeBytes === 0)
    throw new UploaderError('document.empty', 'The object is empty: upload it again with its content.');
  if (extension === undefined || !settings.fileTypes.includes(extension)) {
    throw new UploaderError(
      'document.unsupported-type',
      `${extension === undefined ? 'No file type can be told' : `The type "${extension}" is not allowed`}: allowed are ${settings.fileTypes.join(', ')} (\`fileTypes\`).`,
    );
  }
  if (sizeBytes > settings.maxDocumentBytes) {
    throw new UploaderError(
      'document.too-large',
      `The object has ${sizeBytes} bytes; the cap is ${settings.maxDocumentBytes} (\`maxDocumentBytes\`, ours, not Extracta's).`,
    );
  }
  return {
    arrival,
    route,
    sizeBytes,
    extension,
    contentType: contentTypeOf(extension),
    metadata: facts?.metadata ?? {},
  };
}
