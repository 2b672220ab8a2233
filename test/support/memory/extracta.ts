import { createHash } from 'node:crypto';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import type { ExtractaFile } from '../../../lib/pipeline/model.ts';
import type {
  Clock,
  Extracta,
  ResultFile,
  ResultsAnswer,
  UploadRequest,
} from '../../../lib/pipeline/ports.ts';
import { type Interference, noInterference, withInterference } from './interference.ts';

/** A file that Extracta holds: the truth, whatever it answered. */
export interface HeldFile {
  readonly classificationId: string;
  readonly batchId: string;
  readonly fileId: string;
  readonly fileName: string;
  readonly sha256: string;
  readonly acceptedAtMs: number;
}

/** What one upload meets instead of being accepted and answered. */
export type UploadPlan =
  /** The whole body is taken, the answer is lost. Kept: now, or only when `release` is called. */
  | { readonly kind: 'lose-answer'; readonly kept: boolean }
  | { readonly kind: 'accept-later' }
  /** Fails before the closing boundary: certainly not there. */
  | { readonly kind: 'fail'; readonly error: UploaderError }
  /** The whole body is taken, then this is thrown; the file is kept or not. */
  | { readonly kind: 'fail-after'; readonly error: UploaderError; readonly kept: boolean };

export interface MemoryExtracta extends Extracta {
  readonly held: readonly HeldFile[];
  readonly uploads: readonly UploadRequest[];
  /** The next upload meets this; each plan serves one. */
  planUpload(plan: UploadPlan): void;
  /** The next `getResults` answers or throws this. */
  planResults(answer: ResultsAnswer | UploaderError): void;
  /** Accepts all bodies of `accept-later` that were taken. */
  acceptLate(): void;
  deleteBatch(classificationId: string, batchId: string): void;
  /** Hides files from results until so long after they were accepted. */
  showAfterMs: number;
  keepsNames: boolean;
  readonly classifications: Set<string>;
}

/** Extracta in memory, its truth apart from its answers. Operations: `extracta.upload`, `.results`, `.seesClassification`. */
export function memoryExtracta(options: {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly classifications: readonly string[];
  readonly interference?: Interference;
}): MemoryExtracta {
  const { clock, interference = noInterference } = options;
  const held: HeldFile[] = [];
  const batches = new Map<string, string>();
  const uploads: UploadRequest[] = [];
  const plans: UploadPlan[] = [];
  const resultPlans: (ResultsAnswer | UploaderError)[] = [];
  const late: (() => void)[] = [];
  let made = 0;
  const id = (kind: string) => {
    made += 1;
    return `-${kind}${made.toString().padStart(6, '0')}`;
  };

  const extracta: MemoryExtracta = {
    held,
    uploads,
    planUpload: (plan) => void plans.push(plan),
    planResults: (answer) => void resultPlans.push(answer),
    acceptLate: () => {
      for (const accept of late.splice(0)) accept();
    },
    deleteBatch: (_classificationId, batchId) => {
      batches.delete(batchId);
      for (const file of held.filter((each) => each.batchId === batchId)) held.splice(held.indexOf(file), 1);
    },
    showAfterMs: 0,
    keepsNames: true,
    classifications: new Set(options.classifications),
    upload: (request) => withInterference(interference, 'extracta.upload', request, () => take(request)),
    results: (pair) =>
      withInterference(interference, 'extracta.results', pair, () => answerFor(pair.batchId)),
    seesClassification: (classificationId) =>
      withInterference(interference, 'extracta.seesClassification', classificationId, () =>
        extracta.classifications.has(classificationId),
      ),
  };

  async function take(request: UploadRequest): Promise<ExtractaFile> {
    uploads.push(request);
    const plan = plans.shift();
    if (plan?.kind === 'fail') {
      request.body.destroy();
      throw plan.error;
    }
    const sha256 = await wholeBody(request, clock);
    refuseUnknown(request);
    const accept = () => accepted(request, sha256);
    if (plan?.kind === 'accept-later') late.push(accept);
    if (plan === undefined) return accept();
    const kept = plan.kind !== 'accept-later' && plan.kept;
    if (kept) accept();
    if (plan.kind === 'fail-after') throw plan.error;
    throw new UploaderError('extracta.reply-lost', 'No answer came.');
  }

  function refuseUnknown({ classificationId, batchId }: UploadRequest): void {
    if (!extracta.classifications.has(classificationId)) {
      throw new UploaderError('extracta.classification-not-found', 'Classification not found', {
        httpStatus: 400,
      });
    }
    if (batchId !== undefined && batches.get(batchId) !== classificationId) {
      throw new UploaderError('batch.unknown', 'Batch not found', { httpStatus: 400 });
    }
  }

  function accepted(
    { classificationId, batchId: named, fileName }: UploadRequest,
    sha256: string,
  ): ExtractaFile {
    const batchId = named ?? id('batch');
    batches.set(batchId, classificationId);
    const kept = extracta.keepsNames ? fileName : `${sha256.slice(0, 8)}.bin`;
    const file = { classificationId, batchId, fileId: id('file'), fileName: kept };
    held.push({ ...file, sha256, acceptedAtMs: clock.nowMs() });
    return { ...file, numberOfPages: 1 };
  }

  function answerFor(batchId: string): ResultsAnswer {
    const planned = resultPlans.shift();
    if (planned instanceof UploaderError) throw planned;
    if (planned !== undefined) return planned;
    if (!batches.has(batchId)) return { kind: 'no-such-batch' };
    const visible = held.filter(
      (file) => file.batchId === batchId && file.acceptedAtMs + extracta.showAfterMs <= clock.nowMs(),
    );
    const files = visible.map(
      ({ fileId, fileName }): ResultFile => ({ fileId, fileName, status: 'processed' }),
    );
    return { kind: 'files', files };
  }

  return extracta;
}

/** As the real client: exactly the promised bytes, and the boundary only before the claim's end. */
async function wholeBody(request: UploadRequest, clock: Pick<Clock, 'nowMs'>): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of request.body) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  if (bytes !== request.sizeBytes)
    throw new UploaderError('document.size-mismatch', `${bytes} of ${request.sizeBytes} bytes`);
  if (clock.nowMs() >= request.closeBeforeMs)
    throw new UploaderError('upload.out-of-time', 'The claim is about to end.');
  return hash.digest('hex');
}
