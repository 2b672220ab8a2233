import { isSize, type Json, Malformed, nonEmpty, number, object, optionalText, text } from './json-shape.ts';
import { type Message, UNKNOWN_BATCH } from './model.ts';

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
      checkReceipt(json);
      break;
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
  const eventTimeMs = number(arrival['eventTimeMs'], "the arrival's time");
  if (Number.isNaN(new Date(eventTimeMs).getTime())) throw new Malformed("the arrival's time is no time");
}

function checkReceipt(receipt: Json): void {
  const file = object(receipt['file'], 'the file');
  for (const field of ['classificationId', 'batchId', 'fileId']) checkId(file[field], `the file's ${field}`);
  text(file['fileName'], "the file's fileName");
  number(receipt['edition'], 'the edition');
  number(receipt['answeredAtMs'], "the answer's time");
  if (receipt['opens'] !== undefined) checkOpening(object(receipt['opens'], 'the opening'));
}

function checkId(value: unknown, what: string): void {
  if (nonEmpty(value, what) === UNKNOWN_BATCH) throw new Malformed(`${what} is no id`);
}

function checkOpening(opening: Json): void {
  const slot = object(opening['slot'], 'the slot');
  nonEmpty(slot['partition'], "the slot's partition");
  nonEmpty(slot['sort'], "the slot's sort");
  number(opening['generation'], 'the generation');
}

function checkLook(look: Json): void {
  if (!Array.isArray(look['pairs'])) throw new Malformed('the look has no pairs');
  for (const each of look['pairs']) {
    const pair = object(each, 'a pair');
    for (const field of ['classificationId', 'batchId']) checkId(pair[field], `a pair's ${field}`);
  }
  text(look['tag'], 'the tag');
  number(look['edition'], 'the edition');
  number(look['notBeforeMs'], "the look's beginning");
  number(look['giveUpAtMs'], "the look's end");
}
