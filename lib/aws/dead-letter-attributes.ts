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

/** What the attributes count towards SQS's limit: names, types and values. */
export function sizeBytes(attributes: Attributes): number {
  const texts = Object.entries(attributes).flatMap(([name, { DataType, StringValue }]) => [
    name,
    DataType,
    StringValue,
  ]);
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0);
}
