import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { DeadLetter } from '../pipeline/model.ts';
import { cleanedForSqs } from './sqs-text.ts';

/** Why a dead letter is there, in message attributes. SQS takes at most ten of them. */

export const DEAD_LETTER_ATTRIBUTES = [
  'reasonCode',
  'message',
  'httpStatus',
  'attempts',
  'redrives',
  'firstSeenAtMs',
  'parkId',
] as const;

export type DeadLetterAttribute = (typeof DEAD_LETTER_ATTRIBUTES)[number];

type Attributes = Partial<Record<DeadLetterAttribute, MessageAttributeValue>>;

const MAX_TEXT_CHARACTERS = 1024;

/** Only those that the letter has; texts cut, and without the characters that SQS refuses. */
export function deadLetterAttributes(letter: DeadLetter): Attributes {
  const values: Record<DeadLetterAttribute, string | number | undefined> = {
    reasonCode: letter.reason,
    message: letter.message,
    httpStatus: letter.httpStatus,
    attempts: letter.attempts,
    redrives: letter.redrives,
    firstSeenAtMs: letter.firstSeenAtMs,
    parkId: letter.parkId,
  };
  return Object.fromEntries(
    // SQS refuses an empty value.
    DEAD_LETTER_ATTRIBUTES.filter((name) => values[name] !== undefined && values[name] !== '').map((name) => [
      name,
      attribute(values[name] as string | number),
    ]),
  );
}

function attribute(value: string | number): MessageAttributeValue {
  return typeof value === 'number'
    ? { DataType: 'Number', StringValue: String(value) }
    : { DataType: 'String', StringValue: cleanedForSqs(value.slice(0, MAX_TEXT_CHARACTERS)) };
}

/** The letter as it was parked; undefined where it bears no reason, since SQS itself moved it. */
export function deadLetterOf(body: string, attributes: FoundAttributes): DeadLetter | undefined {
  const text = (name: DeadLetterAttribute) => attributes[name]?.StringValue;
  const [reason, httpStatus, parkId] = [text('reasonCode'), text('httpStatus'), text('parkId')];
  if (reason === undefined) return undefined;
  return {
    body,
    reason,
    message: text('message') ?? '',
    ...(httpStatus === undefined ? {} : { httpStatus: Number(httpStatus) }),
    attempts: Number(text('attempts') ?? 0),
    redrives: redrivesOf(attributes),
    firstSeenAtMs: Number(text('firstSeenAtMs') ?? 0),
    ...(parkId === undefined ? {} : { parkId }),
  };
}

/** On a message that is sent back and names no document: SQS keeps its attributes, should it move it again. */
export function redriveAttributes(redrives: number): Attributes {
  return { redrives: attribute(redrives) };
}

export function redrivesOf(attributes: FoundAttributes): number {
  return Number(attributes.redrives?.StringValue ?? 0);
}

/** As a queue gives them out. */
type FoundAttributes = Readonly<Record<string, MessageAttributeValue>> & Attributes;

/** What the attributes count towards SQS's limit: names, types and values. */
export function sizeBytes(attributes: Attributes): number {
  const texts = Object.entries(attributes).flatMap(([name, { DataType, StringValue }]) => [
    name,
    DataType,
    StringValue,
  ]);
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0);
}
