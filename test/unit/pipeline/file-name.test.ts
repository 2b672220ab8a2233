import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formHead } from '../../../lib/extracta/form-text.ts';
import { sentName, tagFor, tagIn } from '../../../lib/pipeline/file-name.ts';
import { extensionOf } from '../../../lib/pipeline/file-type.ts';
import { DEFAULT_FILE_TYPES } from '../../../lib/pipeline/settings.ts';
import { arrival } from './scene.ts';

/** Base32 as RFC 4648 §6 says, by whole numbers: 65 bits are 13 characters. */
function tagByHand(identity: readonly unknown[]): string {
  const digest = createHash('sha256').update(JSON.stringify(identity)).digest('hex');
  let bits = BigInt(`0x${digest}`) >> BigInt(256 - 65);
  let tag = '';
  for (let n = 0; n < 13; n += 1) {
    tag = `${'abcdefghijklmnopqrstuvwxyz234567'[Number(bits % 32n)]}${tag}`;
    bits /= 32n;
  }
  return tag;
}

const anyKey = fc.string({ unit: 'binary', minLength: 1, maxLength: 400 });
const anyTag = fc.nat().map((n) => tagFor(arrival, n));
/** Keys as they come: an allowed extension in any case, or none. */
const namedKey = fc
  .tuple(
    fc.oneof(
      anyKey,
      fc.string({ unit: fc.constantFrom('"', '\r', '\n', '\0', '~', '.', '%', '漢', '😀', 'é') }),
    ),
    fc.constantFrom('', ...DEFAULT_FILE_TYPES.flatMap((type) => [`.${type}`, `.${type.toUpperCase()}`])),
  )
  .map(([stem, ending]) => `${stem}${ending}`)
  .filter((key) => key !== '' && DEFAULT_FILE_TYPES.includes(extensionOf(key) ?? 'pdf'));

/** The file name as it stands between the quotes of the form's header. */
function escapedInForm(fileName: string): Buffer {
  const head = formHead({
    boundary: 'b',
    classificationId: 'c',
    batchId: undefined,
    fileName,
    contentType: 'a/b',
  });
  const start = head.indexOf('filename="') + 'filename="'.length;
  return head.subarray(start, head.indexOf('"\r\n', start));
}

describe("a document's tag", () => {
  it('is 13 characters of lower-case base32 of SHA-256 over bucket, key, version and edition', () => {
    expect(tagFor(arrival, 1)).toBe(tagByHand(['inbox', 'letters/a.pdf', 'v1', 1]));
    const { versionId: _, ...unversioned } = arrival;
    expect(tagFor(unversioned, 2)).toBe(tagByHand(['inbox', 'letters/a.pdf', arrival.eTag, 2]));
  });

  it('V2: differs wherever bucket, key, version or edition differ', () => {
    const identity = fc.record({
      bucket: fc.string({ maxLength: 3 }),
      key: fc.string({ unit: 'binary', maxLength: 3 }),
      versionId: fc.string({ minLength: 1, maxLength: 3 }),
      edition: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(identity, identity, (one, other) => {
        const tags = [one, other].map(({ edition, ...names }) => tagFor({ ...arrival, ...names }, edition));
        expect(tags[0] === tags[1]).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
      { seed: 1, numRuns: 1000 },
    );
    expect(tagFor({ ...arrival, bucket: 'a', key: 'b/c' }, 1)).not.toBe(
      tagFor({ ...arrival, bucket: 'a/b', key: 'c' }, 1),
    );
  });

  it('depends on nothing else that an event says', () => {
    const { sequencer: _s, sizeBytes: _b, ...bare } = arrival;
    expect(tagFor({ ...bare, eventTimeMs: 5, eTag: 'another' }, 1)).toBe(tagFor(arrival, 1));
  });
});

describe('the name that is sent', () => {
  const tag = 'abcdefghijk27';

  it.each([
    ['letters/invoice.pdf', 'pdf', 'invoice~abcdefghijk27.pdf'],
    ['invoice.final.PDF', 'pdf', 'invoice.final~abcdefghijk27.PDF'],
    ['invoice', 'pdf', 'invoice~abcdefghijk27.pdf'],
    ['invoice.', 'pdf', 'invoice.~abcdefghijk27.pdf'],
    ['.pdf', 'pdf', '~abcdefghijk27.pdf'],
    ['letters/', 'txt', '~abcdefghijk27.txt'],
    ['a\0b.pdf', 'pdf', 'a_b~abcdefghijk27.pdf'],
    ['請求書 11月.png', 'png', '請求書 11月~abcdefghijk27.png'],
    ['a~b~zzzzzzzzzzzzz.pdf', 'pdf', 'a~b~zzzzzzzzzzzzz~abcdefghijk27.pdf'],
  ])('of %j (%s) is %s', (key, extension, name) => expect(sentName(key, extension, tag)).toBe(name));

  it('carries no tag where names are sent as they are', () => {
    expect(sentName('letters/invoice.pdf', 'pdf', undefined)).toBe('invoice.pdf');
    expect(sentName('letters/invoice', 'pdf', undefined)).toBe('invoice.pdf');
  });

  it('has at most 255 bytes in the form, whatever the key: quotes, CR and LF count as three', () => {
    fc.assert(
      fc.property(namedKey, fc.option(anyTag, { nil: undefined }), (key, mark) => {
        expect(escapedInForm(sentName(key, 'pdf', mark)).length).toBeLessThanOrEqual(255);
      }),
      { seed: 2, numRuns: 1000 },
    );
    expect(escapedInForm(sentName(`${'"'.repeat(1000)}.pdf`, 'pdf', tag)).length).toBeGreaterThan(250);
    expect(sentName(`${'a'.repeat(1020)}.pdf`, 'pdf', tag)).toBe(`${'a'.repeat(237)}~${tag}.pdf`);
  });

  it('has its tag found again, whatever the key', () => {
    fc.assert(
      fc.property(namedKey, anyTag, (key, mark) => {
        expect(tagIn(sentName(key, 'pdf', mark))).toBe(mark);
      }),
      { seed: 3, numRuns: 1000 },
    );
  });

  it('holds no NUL and no half of a character, whatever the key', () => {
    fc.assert(
      fc.property(
        fc.oneof(namedKey, fc.string({ unit: fc.constantFrom('\0', '\ud83d', '\ude00', 'a') })),
        (key) => {
          const name = sentName(key, 'pdf', tag);
          expect(name).not.toContain('\0');
          expect(name.isWellFormed()).toBe(true);
        },
      ),
      { seed: 4, numRuns: 1000 },
    );
  });

  it('keeps the beginning of the name: only what does not fit is cut, by whole characters', () => {
    fc.assert(
      fc.property(anyKey, (stem) => {
        const key = `${stem.replaceAll('/', '')}.pdf`;
        const kept = sentName(key, 'pdf', tag).slice(0, -`~${tag}.pdf`.length);
        const isRefused = (it: string) => (it < ' ' || it === '\u007f') && !'\t\r\n'.includes(it);
        const sendable = Array.from(key, (it) => (isRefused(it) ? '_' : it)).join('');
        expect(sendable.startsWith(kept)).toBe(true);
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it('has no control character that a header does not take; CR and LF are the form’s to escape', () => {
    expect(sentName('in/a\u0001b\u007fc\rd\ne\tf.pdf', 'pdf', undefined)).toBe('a_b_c\rd\ne\tf.pdf');
  });

  it('ends with the extension that the key has, in its own case', () => {
    fc.assert(
      fc.property(anyKey, fc.constantFrom(...DEFAULT_FILE_TYPES, 'PDF'), (stem, extension) => {
        expect(sentName(`${stem}.${extension}`, 'pdf', tag).endsWith(`~${tag}.${extension}`)).toBe(true);
      }),
      { seed: 6, numRuns: 500 },
    );
  });
});

describe('the tag in an answered name', () => {
  it.each([
    ['invoice~abcdefghijk27.pdf', 'abcdefghijk27'],
    ['invoice~abcdefghijk27', 'abcdefghijk27'],
    ['~abcdefghijk27.pdf', 'abcdefghijk27'],
    ['a~zzzzzzzzzzzzz~abcdefghijk27.pdf', 'abcdefghijk27'],
    ['Re\u0301sume\u0301~abcdefghijk27.pdf'.normalize('NFD'), 'abcdefghijk27'],
  ])('is the last one before the last extension: %j', (name, tag) => expect(tagIn(name)).toBe(tag));

  it.each([
    'invoice.pdf',
    'invoice~abcdefghijk27 (1).pdf',
    'invoice~abcdefghijk27.pdf.pdf',
    'invoice~abcdefghijk2.pdf',
    'invoice~abcdefghijk277.pdf',
    'invoice~ABCDEFGHIJK27.pdf',
    'invoice~abcdefghijk01.pdf',
    '~abcdefghijk27/invoice.pdf',
    'abcdefghijk27.pdf',
    '',
  ])('is not guessed: %j has none', (name) => expect(tagIn(name)).toBeUndefined());
});
