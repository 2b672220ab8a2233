import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteGuard } from '../../../lib/extracta/byte-guard.ts';
import { UploadForm } from '../../../lib/extracta/form.ts';
import { sentName } from '../../../lib/pipeline/file-name.ts';
import { received, sha256, stoppedClock } from '../extracta/stand-in.ts';

const BOUNDARY = 'extracta-uploader-00000000-test';
const CONTENT_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

interface Document {
  readonly classificationId: string;
  readonly batchId: string | undefined;
  readonly fileName: string;
  readonly contentType: string;
  readonly pieces: readonly Buffer[];
}

/** The whole body as it goes over the line, its length checked against what was promised. */
async function encoded({ pieces, ...fields }: Document): Promise<Buffer> {
  const sizeBytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const guard = new ByteGuard({ sizeBytes, closeBeforeMs: Number.MAX_SAFE_INTEGER });
  const source = Readable.from(pieces);
  const timing = { clock: stoppedClock(), idleMs: 1000 };
  const form = new UploadForm({ ...fields, boundary: BOUNDARY, sizeBytes, source, guard, ...timing });
  const body = await buffer(form);
  expect(body.length).toBe(form.contentLength);
  expect(guard.closingHandedOver).toBe(true);
  return body;
}

interface Read {
  readonly order: readonly string[];
  readonly fields: Readonly<Record<string, string>>;
  readonly fileName: string;
  readonly sha256: string;
}

async function byNode(body: Buffer): Promise<Read> {
  const form = await new Response(body, { headers: { 'content-type': CONTENT_TYPE } }).formData();
  const file = form.get('files') as File;
  const order = [...form.keys()];
  const texts = [...form.entries()].filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  const bytes = Buffer.from(await file.arrayBuffer());
  return { order, fields: Object.fromEntries(texts), fileName: file.name, sha256: sha256(bytes) };
}

async function byBusboy(body: Buffer): Promise<Read> {
  return received(Readable.from([body]), CONTENT_TYPE);
}

/** As WHATWG's multipart rules have it. */
const normalised = (value: string) => value.replace(/\r\n?|\n/g, '\r\n').toWellFormed();
const escaped = (name: string) =>
  name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22').toWellFormed();

const hardText = fc.string({
  unit: fc.constantFrom(
    '\r',
    '\n',
    '\r\n',
    '"',
    '%',
    '%22',
    ';',
    '=',
    '--',
    '~',
    ' ',
    '漢',
    '😀',
    '\ud83d',
    `--${BOUNDARY.slice(0, -1)}`,
    'a',
  ),
  maxLength: 30,
});
const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), hardText);
/** What is nearest to the boundary without being one. */
const nearBoundary = fc
  .tuple(
    fc.constantFrom('\r\n--', '--', '\n--', '\r\n'),
    fc.nat({ max: BOUNDARY.length - 1 }),
    fc.constantFrom('', '--\r\n', '\r\n'),
  )
  .map(([before, length, after]) => Buffer.from(`${before}${BOUNDARY.slice(0, length)}${after}`));
const pieces = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
    nearBoundary,
  ),
  { maxLength: 10 },
);
const documents = (fileName: fc.Arbitrary<string>): fc.Arbitrary<Document> =>
  fc.record({
    classificationId: anyText,
    batchId: fc.option(anyText, { nil: undefined }),
    fileName,
    contentType: fc.constantFrom('application/pdf', 'text/plain; charset=utf-8', 'a/b\r\nX-Evil: 1', ''),
    pieces,
  });

async function expectSame(document: Document, read: Read): Promise<void> {
  const { classificationId, batchId } = document;
  expect(read.order).toEqual(['classificationId', ...(batchId === undefined ? [] : ['batchId']), 'files']);
  expect(read.fields['classificationId']).toBe(normalised(classificationId));
  expect(read.fields['batchId']).toBe(batchId === undefined ? undefined : normalised(batchId));
  expect(read.sha256).toBe(sha256(Buffer.concat(document.pieces)));
}

describe('the form, read back by busboy and by Node', () => {
  it('is what was sent, whatever the fields, the chunks and the names that we send', async () => {
    const key = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
      hardText,
      fc.string({ unit: fc.constantFrom('"', '\0', '\r\n', 'x', '漢'), minLength: 250, maxLength: 1024 }),
    );
    const name = key.map((text) => sentName(`in/${text}.pdf`, 'pdf', 'abcdefghijk27'));
    await fc.assert(
      fc.asyncProperty(documents(name), async (document) => {
        const body = await encoded(document);
        const [node, busboy] = [await byNode(body), await byBusboy(body)];
        await expectSame(document, node);
        await expectSame(document, busboy);
        // What a backslash and an escape in a name mean is what parsers differ in.
        if (document.fileName.includes('\\')) return;
        expect(busboy.fileName).toBe(escaped(document.fileName));
        if (!/%(?:22|0D|0A)/i.test(document.fileName)) expect(node.fileName).toBe(document.fileName);
      }),
      { seed: 1, numRuns: 400 },
    );
  });

  it('lets no name add a field, a header or a byte, not even one that we would never send', async () => {
    const evil = fc.constantFrom(
      '"\r\nX-Evil: 1\r\n\r\nbytes',
      `"; name="batchId`,
      `a"\r\n\r\nx\r\n--${BOUNDARY}\r\nContent-Disposition: form-data; name="batchId"\r\n\r\nevil`,
      '"'.repeat(1024),
      '\r\n'.repeat(512),
      '\ud800'.repeat(300),
      'é'.repeat(512),
      '',
    );
    await fc.assert(
      fc.asyncProperty(documents(fc.oneof(evil, hardText)), async (document) => {
        const body = await encoded(document);
        await expectSame(document, await byNode(body));
        // Busboy takes a file without a name for a field.
        if (document.fileName !== '') await expectSame(document, await byBusboy(body));
      }),
      { seed: 2, numRuns: 300 },
    );
  });
});
