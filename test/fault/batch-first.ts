import { batchFor } from '../../lib/pipeline/batch.ts';
import { destinationOf } from '../../lib/pipeline/destination.ts';
import { describedDocument } from '../../lib/pipeline/document.ts';
import { type DeliveredMessage, handleMessage, type Verdict } from '../../lib/pipeline/handle-message.ts';
import { holdingNothing } from '../../lib/pipeline/held.ts';
import { readMessage } from '../../lib/pipeline/read-message.ts';
import { routeFor } from '../../lib/pipeline/route-for.ts';
import type { Visit } from '../../lib/pipeline/visit.ts';

/** The draft's order, kept for the proof that it bites: the batch is resolved before the document is read. [V7] */
export async function handleBatchFirst(message: DeliveredMessage, visit: Visit): Promise<Verdict> {
  const reading = readMessage(message.body);
  if (reading.kind === 'arrivals') {
    for (const { arrival } of reading.messages) await resolveBatch(arrival, visit).catch(() => undefined);
  }
  return handleMessage(message, visit);
}

async function resolveBatch(arrival: Parameters<typeof batchFor>[0], visit: Visit): Promise<void> {
  const route = routeFor(arrival, visit.settings.routes);
  if (route === undefined) return;
  const facts = { sizeBytes: arrival.sizeBytes ?? 1, contentType: 'application/pdf', metadata: {} };
  const document = describedDocument(arrival, route, facts, visit.settings);
  await batchFor(arrival, destinationOf(document), holdingNothing(), visit);
}
