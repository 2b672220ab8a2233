import { describe, expect, it } from 'vitest';
import { arrival, file, happyFace, look, opens, read, receipt, whyMalformed } from './messages.ts';

describe('a message of our own', () => {
  it('is an arrival with what it carries: the parkId of a redrive', () => {
    expect(read(arrival)).toEqual({ kind: 'arrivals', messages: [arrival], ignored: [] });
  });

  it.each([
    ['a receipt', receipt],
    ['a receipt that opens a slot', { ...receipt, opens }],
    ['a look', look],
  ])('is %s, as it was queued', (_, message) => {
    expect(read(message)).toEqual({ kind: 'ours', message });
  });

  it('is a receipt with no more of its file than is known: a url goes no further', () => {
    const given = { ...file, numberOfPages: 2, url: 'https://files.example/secret' };
    expect(read({ ...receipt, file: given })).toEqual({
      kind: 'ours',
      message: { ...receipt, file: { ...file, numberOfPages: 2 } },
    });
  });

  it('of a kind that is not known is malformed', () => {
    expect(whyMalformed(read({ ...arrival, uploader: 'reupload' }))).toMatch(
      /kind that this version does not know/,
    );
  });

  it.each<[string, object, string]>([
    ['no arrival', { ...arrival, arrival: 1 }, 'the arrival is no object'],
    ...(
      [
        ['no bucket', { bucket: undefined }, "the arrival's bucket is no text"],
        ['an empty key', { key: '' }, "the arrival's key is empty"],
        ['no ETag', { eTag: null }, "the arrival's ETag is no text"],
        ['a version that is no text', { versionId: 7 }, "the arrival's version id is no text"],
        [
          'neither version nor ETag',
          { versionId: undefined, eTag: '' },
          'an object has neither version id nor ETag',
        ],
        ['an empty version', { versionId: '' }, "the arrival's version id is empty"],
        ['a sequencer that is no text', { sequencer: 7 }, "the arrival's sequencer is no text"],
        ['a size that is none', { sizeBytes: '7' }, "the arrival's size is no size"],
        [
          'a key that no ledger could hold',
          { key: 'k'.repeat(2100) },
          "the object's name has 2109 bytes, more than 2048",
        ],
        [
          'a version that no ledger could hold',
          { versionId: 'v'.repeat(1025) },
          "the object's version has 1025 bytes, more than 1024",
        ],
        [
          'a sequencer without end',
          { sequencer: '0'.repeat(1025) },
          'the sequencer has 1025 bytes, more than 1024',
        ],
        ['no time', { eventTimeMs: undefined }, "the arrival's time is no time"],
        ['a time beyond the calendar', { eventTimeMs: 1e300 }, "the arrival's time is no time"],
      ] as const
    ).map(([what, wrong, why]): [string, object, string] => [
      `an arrival with ${what}`,
      { ...arrival, arrival: { ...happyFace, ...wrong } },
      why,
    ]),
    ['a parkId that is no text', { ...arrival, parkId: 7 }, 'the parkId is no text'],
    ['a receipt without a file', { ...receipt, file: null }, 'the file is no object'],
    ['a receipt of no batch', { ...receipt, file: { ...file, batchId: '' } }, "the file's batchId is empty"],
    [
      'a receipt of a batch that nobody knows',
      { ...receipt, file: { ...file, batchId: '?' } },
      "the file's batchId is no id",
    ],
    [
      'a receipt of a file id that no index could hold',
      { ...receipt, file: { ...file, fileId: 'f'.repeat(2049) } },
      "the file's fileId is no id",
    ],
    [
      'a receipt of more pages than can be counted',
      { ...receipt, file: { ...file, numberOfPages: 1e308 } },
      'the number of pages is no whole number',
    ],
    [
      'a receipt of a slot that no ledger could hold',
      { ...receipt, opens: { ...opens, slot: { partition: 'p', sort: 's'.repeat(1025) } } },
      "the slot's version has 1025 bytes, more than 1024",
    ],
    [
      'a receipt without a name',
      { ...receipt, file: { ...file, fileName: 1 } },
      "the file's fileName is no text",
    ],
    ['a receipt without an edition', { ...receipt, edition: '1' }, 'the edition is no whole number'],
    ['a receipt without a time', { ...receipt, answeredAtMs: null }, "the answer's time is no whole number"],
    ['a receipt that opens nothing', { ...receipt, opens: 1 }, 'the opening is no object'],
    ['a receipt that opens no slot', { ...receipt, opens: { generation: 1 } }, 'the slot is no object'],
    [
      'a receipt of no slot',
      { ...receipt, opens: { ...opens, slot: {} } },
      "the slot's partition is no text",
    ],
    [
      'a receipt of no generation',
      { ...receipt, opens: { slot: opens.slot } },
      'the generation is no whole number',
    ],
    ['a look without pairs', { ...look, pairs: {} }, 'the look has no pairs'],
    ['a look at no pair', { ...look, pairs: [7] }, 'a pair is no object'],
    ['a look at no batch', { ...look, pairs: [{ classificationId: 'c' }] }, "a pair's batchId is no text"],
    [
      'a look at a batch that nobody knows',
      { ...look, pairs: [{ classificationId: 'c', batchId: '?' }] },
      "a pair's batchId is no id",
    ],
    ['a look for no tag', { ...look, tag: undefined }, 'the tag is no text'],
    ['a look without an edition', { ...look, edition: undefined }, 'the edition is no whole number'],
    ['a look without a beginning', { ...look, notBeforeMs: '5' }, "the look's beginning is no whole number"],
    ['a look without an end', { ...look, giveUpAtMs: null }, "the look's end is no whole number"],
  ])('that anybody may have written (%s) is malformed, and says why', (_, message, why) => {
    expect(read(message)).toEqual({ kind: 'malformed', why });
  });
});
