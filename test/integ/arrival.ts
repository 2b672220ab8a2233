import { setTimeout as delay } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { CloudClients } from '../../lib/aws/clients.ts';
import { createLedger } from '../../lib/aws/ledger.ts';
import { documentKey, unquotedETag } from '../../lib/pipeline/identity.ts';
import type { DocumentItem, Mapping } from '../../lib/pipeline/model.ts';

export interface Deployed {
  readonly clients: Pick<CloudClients, 's3' | 'dynamodb'>;
  readonly bucket: string;
  readonly tableName: string;
  readonly classificationId: string;
}

const DOCUMENT = Buffer.from('%PDF-1.4\n1 0 obj\n<< /Type /Page >>\nendobj\n%%EOF\n');
const SETTLED = new Set(['uploaded', 'parked', 'skipped']);

/**
 * Puts a document where the route takes it, and waits for its mapping. Throws what the ledger says where there is none
 * after `patienceMs`, or where it is another's.
 */
export async function arrives(deployed: Deployed, key: string, patienceMs: number): Promise<Mapping> {
  const { clients, bucket, tableName, classificationId } = deployed;
  const request = new PutObjectCommand({ Bucket: bucket, Key: key, Body: DOCUMENT });
  const { ETag = '', VersionId } = await clients.s3.send(request);
  const version = VersionId === undefined || VersionId === 'null' ? {} : { versionId: VersionId };
  const arrival = { bucket, key, eTag: unquotedETag(ETag), eventTimeMs: Date.now(), ...version };
  const ledger = createLedger({ client: clients.dynamodb, tableName });
  const untilMs = Date.now() + patienceMs;
  let item: DocumentItem | undefined;
  while (!SETTLED.has(item?.state ?? '') && Date.now() < untilMs) {
    await delay(1_000);
    item = await ledger.read(documentKey(arrival));
  }
  const { mapping } = item ?? {};
  if (mapping === undefined) throw new Error(`${key} has no mapping: ${said(item)}`);
  if (mapping.classificationId !== classificationId || mapping.fileId === '' || mapping.batchId === '')
    throw new Error(`${key} has another mapping: ${JSON.stringify(mapping)}`);
  return mapping;
}

function said(item: DocumentItem | undefined): string {
  if (item === undefined) return 'the ledger has not heard of it';
  return `it is ${item.state}${item.lastFailure === undefined ? '' : `, ${item.lastFailure.code}: ${item.lastFailure.message}`}`;
}
