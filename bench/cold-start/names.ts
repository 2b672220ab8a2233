/** What the stand-ins hold and the two functions ask for. */
export const REGION = 'us-east-1';
export const BUCKET = 'documents';
export const TABLE_NAME = 'ledger';
export const TOKEN = 'token-of-the-benchmark';
export const CLASSIFICATION_ID = '-Obenchmark123456789';
export const DOCUMENT_BYTES = 10_000;
