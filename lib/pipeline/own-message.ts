import { LONGEST_ANSWERED_NAME } from './file-name.ts';
import { isSize, type Json, Malformed, nonEmpty, object, optionalText, text, whole } from './json-shape.ts';
import type { Arrival, ExtractaFile, Message } from './model.ts';
import { isOpaqueId } from './opaque-id.ts';
import { requireKey, requireStorable } from './storable.ts';

/**
 * A message that we queued ourselves. Our own types built it; what matters is checked all the same, since anybody may
 * write to a queue, and what can't be stored would come back for ever. Throws `Malformed`.
 */
export function ownMessage(json: Json): Message {
  checkArrival(object(json['arrival'], 'the arrival'));
  switch (json['uploader']) {
    case 'arrival':
      optionalText(json['parkId'], 'the parkId');
      break;
    case 'receipt':
      return { ...json, file: fileOfReceipt(json) } as unknown as Message;
    case 'look':
      checkLook(json);
      break;
    default:
      throw new Malformed('the message is of a kind that this version does not know');
  }
  return json as unknown as Message;
}

function checkArrival(arrival: Json): void {
  nonEmpty(arrival['bucket'], "the arrival's bucket");
  nonEmpty(arrival['key'], "the arrival's key");
  const eTag = text(arrival['eTag'], "the arrival's ETag");
  if (arrival['versionId'] !== undefined) nonEmpty(arrival['versionId'], "the arrival's version id");
  else if (eTag === '') throw new Malformed('an object has neither version id nor ETag');
  optionalText(arrival['sequencer'], "the arrival's sequencer");
  if (arrival['sizeBytes'] !== undefined && !isSize(arrival['sizeBytes']))
    throw new Malformed("the arrival's size is no size");
  const eventTimeMs = arrival['eventTimeMs'];
  if (typeof eventTimeMs !== 'number' || Number.isNaN(new Date(eventTimeMs).getTime()))
    throw new Malformed("the arrival's time is no time");
  requireStorable(arrival as unknown as Arrival);
}

/** The file by its known fields alone: whatever else was written there, such as a `url`, goes no further. */
function fileOfReceipt(receipt: Json): ExtractaFile {
  whole(receipt['edition'], 'the edition');
  whole(receipt['answeredAtMs'], "the answer's time");
  if (receipt['opens'] !== undefined) checkOpening(object(receipt['opens'], 'the opening'));
  const file = object(receipt['file'], 'the file');
  const { numberOfPages } = file;
  return {
    classificationId: opaqueId(file['classificationId'], "the file's classificationId"),
    batchId: opaqueId(file['batchId'], "the file's batchId"),
    fileId: opaqueId(file['fileId'], "the file's fileId"),
    fileName: text(file['fileName'], "the file's fileName").slice(-LONGEST_ANSWERED_NAME),
    ...(numberOfPages === undefined ? {} : { numberOfPages: whole(numberOfPages, 'the number of pages') }),
  };
}

function opaqueId(value: unknown, what: string): string {
  const id = nonEmpty(value, what);
  if (isOpaqueId(id)) return id;
  throw new Malformed(`${what} is no id`);
}

function checkOpening(opening: Json): void {
  const slot = object(opening['slot'], 'the slot');
  const partition = nonEmpty(slot['partition'], "the slot's partition");
  requireKey(partition, nonEmpty(slot['sort'], "the slot's sort"), 'the slot');
  whole(opening['generation'], 'the generation');
}

function checkLook(look: Json): void {
  if (!Array.isArray(look['pairs'])) throw new Malformed('the look has no pairs');
  for (const each of look['pairs']) {
    const pair = object(each, 'a pair');
    for (const field of ['classificationId', 'batchId']) opaqueId(pair[field], `a pair's ${field}`);
  }
  text(look['tag'], 'the tag');
  whole(look['edition'], 'the edition');
  whole(look['notBeforeMs'], "the look's beginning");
  whole(look['giveUpAtMs'], "the look's end");
}
