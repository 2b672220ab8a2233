/** Where a variant reads and writes: both begin with the same scheme. */
export interface Ends {
  /** The source's origin. */
  readonly sourceUrl: string;
  /** The sink's. */
  readonly sinkUrl: string;
}

/** What one variant does with a document of so many bytes: from the source to the sink. */
export interface Sender {
  send(sizeBytes: number): Promise<void>;
  /** CPU so far, where it is not this process that works. */
  cpuMs?(): number;
}

export type Open = (ends: Ends) => Promise<Sender>;

/** As the vendor names it. */
export const UPLOAD_PATH = '/documentClassification/uploadFiles';
export const CLASSIFICATION = '-Oclassification0001';
export const BATCH = '-Obatch0000000000001';
export const FILE_NAME = 'document.pdf';
export const TOKEN = 'a-token';
