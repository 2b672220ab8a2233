import { describe, expect, it } from 'vitest';
import { renderLine, renderReport } from '../../../lib/local/render.ts';
import { reported, reportOf } from '../../../lib/local/report.ts';
import type { DocumentItem } from '../../../lib/pipeline/model.ts';
import type { Paint } from '../../../lib/terminal/terminal.ts';

const plain: Paint = (_, text) => text;
const width = (line: string) =>
  [...line].reduce((sum, letter) => sum + (/\p{Script=Han}/u.test(letter) ? 2 : 1), 0);

function item(key: string, facts: Partial<DocumentItem> = {}): DocumentItem {
  return {
    kind: 'document',
    partition: `bucket/${key}`,
    sort: 'etag',
    rev: 'r',
    state: 'waiting',
    arrival: { bucket: 'bucket', key, eTag: 'etag', sizeBytes: 1500, eventTimeMs: 1 },
    firstSeenAtMs: 1,
    updatedAtMs: 2,
    attempts: 1,
    looks: 0,
    redrives: 0,
    edition: 1,
    sentTo: [],
    ...facts,
  };
}

const uploaded = (key: string, batchId: string, pages?: number) =>
  item(key, {
    state: 'uploaded',
    mapping: {
      classificationId: 'C',
      batchId,
      fileId: `file of ${key}`,
      fileName: 'sent~tag.pdf',
      uploadedAtMs: 3,
      ...(pages === undefined ? {} : { numberOfPages: pages }),
    },
  });

const parked = (key: string, code: string, facts: Partial<DocumentItem> = {}) =>
  item(key, { state: 'parked', lastFailure: { code, message: `about ${code}`, atMs: 1 }, ...facts });

describe('the report', () => {
  it('says of an uploaded document where it is, and nothing that the mapping does not say', () => {
    expect(reported(uploaded('a/b.pdf', 'B', 2))).toEqual({
      object: 's3://bucket/a/b.pdf',
      versionOrEtag: 'etag',
      state: 'uploaded',
      classificationId: 'C',
      batchId: 'B',
      fileId: 'file of a/b.pdf',
      fileName: 'sent~tag.pdf',
      sizeBytes: 1500,
      numberOfPages: 2,
      attempts: 1,
    });
    expect(reported(uploaded('a', 'B'))).not.toHaveProperty('numberOfPages');
  });

  it('says why a document was parked or skipped; an uploaded one’s past failures are its own business', () => {
    const past = { lastFailure: { code: 'extracta.throttled', message: 'm', atMs: 1 } };
    expect(reported(parked('a', 'document.empty'))).toMatchObject({
      reason: 'document.empty',
      message: 'about document.empty',
      fileId: null,
    });
    expect(reported(item('a', { state: 'skipped', skippedBecause: 'document.gone' }))).toMatchObject({
      reason: 'document.gone',
    });
    expect(reported({ ...uploaded('a', 'B'), ...past })).not.toHaveProperty('reason');
  });

  it('counts by state, by batch and in bytes, documents in order of their keys', () => {
    const items = [
      uploaded('b/2', 'B1'),
      parked('c', 'document.empty'),
      uploaded('a/1', 'B2'),
      uploaded('b/1', 'B1'),
      item('z'),
    ];
    const { documents, summary } = reportOf(items, 12_345);
    expect(documents.map(({ object }) => object)).toEqual(
      ['a/1', 'b/1', 'b/2', 'c', 'z'].map((key) => `s3://bucket/${key}`),
    );
    expect(summary).toEqual({
      documents: 5,
      uploaded: 3,
      skipped: 0,
      parked: 1,
      unsettled: 1,
      batches: 2,
      uploadedBytes: 4500,
      seconds: 12.3,
      scheduledRedrives: 0,
    });
  });

  it.each([
    ['extracta.unavailable', 0, 1],
    ['upload.attempts-exhausted', 2, 1],
    ['extracta.unavailable', 3, 0],
    ['upload.unverifiable', 0, 0],
    ['document.empty', 0, 0],
    ['some.code-of-the-future', 0, 0],
  ])('a document parked for %s after %i redrives counts %i scheduled ones', (code, redrives, expected) => {
    expect(reportOf([parked('a', code, { redrives })], 0).summary.scheduledRedrives).toBe(expected);
  });
});

describe('the table', () => {
  const lines = (items: readonly DocumentItem[], columns = 100) =>
    renderReport(reportOf(items, 1000), columns, plain).split('\n');

  it('groups documents by folder and batch', () => {
    const shown = lines([uploaded('a/1.pdf', 'B1', 3), uploaded('b/2.pdf', 'B2'), uploaded('a/3.pdf', 'B1')]);
    const headings = shown.filter((line) => line.startsWith('s3://'));
    expect(headings).toEqual(['s3://bucket/a/  batch B1', 's3://bucket/b/  batch B2']);
    const rows = shown.filter((line) => line.startsWith('  ')).map((line) => line.trim().split(/ {2,}/));
    expect(rows[0]).toEqual(['1.pdf', 'uploaded', '3', '1.5 kB', 'file of a/1.pdf']);
    expect(rows.map(([name]) => name)).toEqual(['1.pdf', '3.pdf', '2.pdf']);
    expect(shown).toContain('3 of 3 uploaded: 4.5 kB in 2 batches, 1 s');
  });

  it('tells under a parked document why it is', () => {
    const shown = lines([parked('a.pdf', 'document.empty')]);
    expect(shown).toContain('    document.empty: about document.empty');
  });

  it.each([100, 80, 50])(
    'breaks a long reason at %i columns, each line indented, no word of it lost',
    (columns) => {
      const message = `The type "exe" is not allowed: allowed are ${'pdf, doc, '.repeat(12)}${'請求'.repeat(60)} txt.`;
      const lastFailure = { code: 'document.unsupported-type', message, atMs: 1 };
      const shown = lines([parked('a/program.exe', '', { lastFailure })], columns);
      const reason = shown.slice(
        shown.findIndex((line) => line.includes('document.unsupported-type')),
        -3,
      );
      expect(reason.filter((line) => !/^ {4}\S/.test(line))).toEqual([]);
      expect(Math.max(...reason.map(width))).toBeLessThanOrEqual(columns);
      const letters = (text: string) => text.replace(/\s/g, '');
      expect(letters(reason.join(''))).toBe(letters(`document.unsupported-type: ${message}`));
    },
  );

  it('shows every state in full', () => {
    expect(lines([item('a/b.pdf', { state: 'uploading' })])).toContainEqual(
      expect.stringContaining('uploading '),
    );
  });

  it('cuts wide names, so that no line is wider than the terminal', () => {
    const shown = lines(
      [uploaded(`a/${'請求書'.repeat(30)}.pdf`, 'B1'), uploaded(`a/${'x'.repeat(200)}.pdf`, 'B1')],
      80,
    );
    expect(Math.max(...shown.map(width))).toBeLessThanOrEqual(80);
    expect(shown.filter((line) => line.includes('…'))).toHaveLength(2);
  });

  it('lets no name command the terminal', () => {
    const evil = 'a\x1b[2J\r\n\u202egpj.pdf';
    const shown = [
      ...lines([uploaded(evil, 'B\x07'), parked(evil, 'x.y')]),
      renderLine(reported(uploaded(evil, 'B\x07')), plain),
    ];
    expect(shown.filter((line) => /\p{Cc}|\u202e/u.test(line))).toEqual([]);
    expect(shown).toContainEqual(expect.stringContaining(String.raw`a\u001b[2J\r\n\u202egpj.pdf`));
  });

  it('says how many scheduled redrives there would be', () => {
    expect(lines([parked('a', 'extracta.unavailable')])).toContain(
      '1 parked document would be sent back by the scheduled redrive.',
    );
  });

  it('of very many documents shows the first, and says so', () => {
    const many = Array.from({ length: 600 }, (_, i) => uploaded(`a/${i}`, 'B'));
    expect(lines(many)).toContain('… and 100 more: --json lists them all');
  });

  it('of no documents says so', () => {
    expect(lines([])).toEqual(['No documents.', '']);
  });
});
