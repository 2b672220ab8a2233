import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deadLetterAttributes } from '../../../lib/aws/dead-letter-attributes.ts';
import { toAttributes } from '../../../lib/aws/ledger-items.ts';
import { replyFailure } from '../../../lib/extracta/errors.ts';
import { ERROR_BODY_BYTES, exchange, type Reply } from '../../../lib/extracta/exchange.ts';
import { resultsAnswer, uploadedFile } from '../../../lib/extracta/replies.ts';
import { FAILURES } from '../../../lib/pipeline/failures.ts';
import { isOpaqueId } from '../../../lib/pipeline/opaque-id.ts';
import { CANARY_TOKEN, CANARY_URL } from '../../support/leaks/canaries.ts';
import { UPLOADED } from '../extracta/stand-in.ts';
import { documentItem } from '../pipeline/scene.ts';

/** Whatever stands where an id, a name or a number should. */
const hostileValue = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom<unknown>(
    '?',
    'a b',
    'a\r\nb',
    '\u001b[31m',
    'x'.repeat(200_000),
    '',
    '__proto__',
    CANARY_URL,
  ),
  fc.constantFrom<unknown>(null, 7, 1e308, -1, true, [], {}, { toString: 1 }),
  fc.stringMatching(/^-O[\w-]{18}$/),
);
const id = fc.oneof({ weight: 5, arbitrary: fc.stringMatching(/^-O[\w-]{18}$/) }, hostileValue);
const file = fc.record(
  {
    fileId: id,
    fileName: hostileValue,
    numberOfPages: hostileValue,
    status: hostileValue,
    url: fc.constant(CANARY_URL),
  },
  { requiredKeys: ['url'] },
);
const reply = (json: unknown, status = 200): Reply => ({ status, headers: {}, json });

describe('an answer that names a file', () => {
  it.each(['?', 'a b', 'a\nb', '\u001b[31m', 'é', 'x'.repeat(129)])(
    'is none where an id is one that nobody can keep: %j',
    (odd) => {
      const files = [{ ...UPLOADED.files[0], fileId: odd }];
      expect(uploadedFile(reply({ ...UPLOADED, files }), '-Asked')).toBeUndefined();
      expect(uploadedFile(reply({ ...UPLOADED, batchId: odd }), '-Asked')).toBeUndefined();
      expect(uploadedFile(reply({ ...UPLOADED, classificationId: odd }), '-Asked')?.classificationId).toBe(
        '-Asked',
      );
    },
  );

  it('keeps of a name without end its end, where the tag is; and no number that the ledger can’t hold', () => {
    const files = [
      { fileId: '-File', fileName: `${'x'.repeat(100_000)}~abcdefghijk27.pdf`, numberOfPages: 1e308 },
    ];
    const kept = uploadedFile(reply({ ...UPLOADED, files }), '-Asked');
    expect(kept?.fileName).toMatch(/^x{1006}~abcdefghijk27\.pdf$/);
    expect(kept).not.toHaveProperty('numberOfPages');
    const pair = { classificationId: '-Class', batchId: '-Batch' };
    expect(resultsAnswer(reply({ status: 'success', files }), pair)).toMatchObject({
      files: [{ fileName: kept?.fileName }],
    });
  });

  it('gives ids that are ids, and a mapping that the ledger holds; or nothing', () => {
    const answer = fc.record(
      {
        status: fc.constantFrom<unknown>('uploaded', 'uploaded', 'success', 7),
        classificationId: id,
        batchId: id,
        files: fc.oneof(
          fc.array(file, { minLength: 1, maxLength: 1 }),
          fc.array(file, { maxLength: 2 }),
          hostileValue,
        ),
      },
      { requiredKeys: ['status'] },
    );
    let found = 0;
    fc.assert(
      fc.property(answer, (json) => {
        const uploaded = uploadedFile(reply(json), '-Asked');
        if (uploaded === undefined) return;
        found += 1;
        for (const each of [uploaded.classificationId, uploaded.batchId, uploaded.fileId])
          expect(isOpaqueId(each)).toBe(true);
        expect(uploaded.fileName.length).toBeLessThanOrEqual(1024);
        expect(uploaded.fileName.isWellFormed()).toBe(true);
        expect(uploaded).not.toHaveProperty('url');
        const item = documentItem({ state: 'uploaded', mapping: { ...uploaded, uploadedAtMs: 1 } });
        expect(JSON.stringify(toAttributes(item)).length).toBeLessThan(20_000);
      }),
      { seed: 1, numRuns: 800 },
    );
    expect(found).toBeGreaterThan(50);
  });
});

describe('an answer to getResults', () => {
  it('gives files whose ids are ids, none with a link; or is none', () => {
    const answer = fc.record(
      {
        status: fc.constantFrom<unknown>('success', 'waiting', 7),
        batchId: id,
        files: fc.array(file, { maxLength: 3 }),
      },
      { requiredKeys: ['status'] },
    );
    const pair = { classificationId: '-Class', batchId: '-Batch' };
    fc.assert(
      fc.property(fc.oneof(answer, fc.jsonValue()), (json) => {
        const results = resultsAnswer(reply(json), pair);
        for (const each of results?.kind === 'files' ? results.files : []) {
          expect(isOpaqueId(each.fileId)).toBe(true);
          expect(Object.keys(each)).not.toContain('url');
          expect(each.fileName.length).toBeLessThanOrEqual(1024);
        }
      }),
      { seed: 2, numRuns: 1000 },
    );
  });
});

/** A body as it would come over the line, in pieces; nothing else of undici is needed. */
async function replied(status: number, pieces: readonly Buffer[]): Promise<Reply> {
  const dispatcher = {
    dispatch: (_: unknown, handler: Record<string, (...given: unknown[]) => void>) => {
      const controller = { abort: () => {} };
      handler['onRequestStart']?.(controller);
      handler['onResponseStart']?.(controller, status, {});
      for (const piece of pieces) handler['onResponseData']?.(controller, piece);
      handler['onResponseEnd']?.(controller, {});
      return true;
    },
  };
  const terms = { answerBytes: 1024 * 1024, signal: new AbortController().signal };
  return exchange(dispatcher as never, { path: '/', method: 'POST' }, terms);
}

describe('the body of an error', () => {
  const SECRETS = [
    CANARY_TOKEN,
    `Bearer ${CANARY_TOKEN}`,
    CANARY_URL,
    encodeURIComponent(CANARY_URL),
    CANARY_URL.replaceAll('/', '\\/'),
    CANARY_URL.replace('https:', ''),
  ];
  const words = fc.oneof(
    fc.constantFrom(
      ...SECRETS,
      'Batch',
      'not found',
      'no credits',
      '\r\n',
      '\0',
      '"',
      "'",
      '<a href=',
      '>',
      ' ',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constant('x'.repeat(3000)),
  );
  const wording = fc
    .tuple(fc.array(words, { maxLength: 12 }), fc.constantFrom('', ' '))
    .map(([all, by]) => all.join(by));
  const body = fc.oneof(
    wording.map((text) => Buffer.from(`<!DOCTYPE html><html><body>${text}</body></html>`)),
    wording.map((message) => Buffer.from(JSON.stringify({ status: 'error', message }))),
    wording.map((error) => Buffer.from(JSON.stringify({ error, url: CANARY_URL }))),
    wording.map((text) => Buffer.from(JSON.stringify({ message: JSON.stringify({ nested: { text } }) }))),
    wording.map((text) => Buffer.from(JSON.stringify({ status: 'error', message: { deep: [[[text]]] } }))),
    // No UTF-8 any more.
    wording.map((text) =>
      Buffer.concat([Buffer.from('{"error":"\xff\xfe', 'latin1'), Buffer.from(text), Buffer.from('"}')]),
    ),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    wording.map((text) =>
      Buffer.from(JSON.stringify({ status: 'error', message: text.padEnd(2 * ERROR_BODY_BYTES, ' ') })),
    ),
  );

  it('becomes a code of ours and a message that is short and holds neither token nor link', async () => {
    const statuses = [200, 204, 302, 400, 401, 402, 403, 404, 408, 413, 415, 429, 500, 503, 599];
    let quoted = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...statuses),
        body,
        fc.nat(),
        fc.boolean(),
        async (status, bytes, at, whole) => {
          const cut = at % (bytes.length + 1);
          const answer = await replied(status, [bytes.subarray(0, cut), bytes.subarray(cut)]);
          const failure = replyFailure(answer, {
            closingHandedOver: whole,
            batchNamed: true,
            quotes: ['a.pdf', '-Class', '-Batch'],
            token: CANARY_TOKEN,
            nowMs: 0,
          });
          expect(FAILURES).toHaveProperty([failure.code]);
          expect(failure.message.length).toBeLessThan(400);
          expect(failure.message).not.toMatch(/canary|\p{Cc}/u);
          const letter = {
            body: '{}',
            reason: failure.code,
            message: failure.message,
            attempts: 1,
            redrives: 0,
            firstSeenAtMs: 1,
          };
          expect(JSON.stringify(deadLetterAttributes(letter))).not.toContain('canary');
          if (failure.message.includes('[')) quoted += 1;
        },
      ),
      { seed: 3, numRuns: 800 },
    );
    expect(quoted).toBeGreaterThan(50);
  });

  it.each([
    ['percent-encoded', encodeURIComponent],
    ['in JSON within JSON', (token: string) => JSON.stringify(token).slice(1, -1)],
  ])('does not give away a token that it quotes %s', (_, spelled) => {
    const token = 'a+b"c=&d==';
    const message = `The key ${spelled(token)} is not valid`;
    const failure = replyFailure(reply({ status: 'error', message }, 401), {
      closingHandedOver: false,
      batchNamed: false,
      quotes: [],
      token,
      nowMs: 0,
    });
    expect(failure.message).toBe('Extracta answered 401: The key [token] is not valid');
  });
});
