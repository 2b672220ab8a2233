import { S3Client } from '@aws-sdk/client-s3';

/** What a bundled function's clients would sign with; or why they could not. */
export const credentials = (): Promise<unknown> =>
  new S3Client({ region: 'us-east-1' }).config.credentials().catch((error: Error) => error.name);
