import { tagIn } from '../../../lib/pipeline/file-name.ts';
import type { Evidence } from './evidence.ts';
import type { Broken } from './promises.ts';

const MOST_LINES = 60;
const NOISE =
  /,"(level|timestamp|service|cold_start|function_arn|function_memory_size|function_name|message)":("[^"]*"|\w+)/g;

/** What is known of the document of a broken promise: ledger, files, uploads, log. */
export function traceOf({ object }: Broken, evidence: Evidence): readonly string[] {
  const document = evidence.documents.find((each) => each.object === object);
  if (document === undefined) return evidence.slots.map((slot) => `slot ${JSON.stringify(slot)}`);
  const files = evidence.files.filter(({ fileName }) => tagIn(fileName) === document.tag);
  const uploads = evidence.uploads.filter(({ fileName }) => tagIn(fileName) === document.tag);
  const names = [document.object, ...files.map(({ fileId }) => fileId)].map((name) => JSON.stringify(name));
  const lines = evidence.log.filter((line) => names.some((name) => line.includes(name)));
  return [
    `ledger ${JSON.stringify(evidence.items.get(document.object))}`,
    ...files.map((file) => `file ${JSON.stringify(file)} heard of: ${evidence.heardOf(file.fileId)}`),
    ...uploads.map((upload) => `upload ${JSON.stringify(upload)}`),
    ...lines.slice(-MOST_LINES).map((line) => `log ${line.replaceAll(NOISE, '')}`),
  ];
}
