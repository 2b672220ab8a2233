import { PassThrough, Readable } from 'node:stream';
import fc from 'fast-check';
import formidable from 'formidable';
import { describe, expect, it } from 'vitest';
import { ByteGuard } from '../../../lib/extracta/byte-guard.ts';
import { type FormOptions, UploadForm } from '../../../lib/extracta/form.ts';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import { openBody, received, sha256, stoppedClock } from './stand-in.ts';

const BOUNDARY = 'extracta-uploader-test';
const CONTENT_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;
const BYTES = Buffer.from('%PDF-1.7 some bytes\r\n--not the boundary\r\n\0\xff', 'latin1');

interface Made {
  readonly form: UploadForm;
  readonly guard: ByteGuard;
  readonly source: Readable;
  readonly clock: ReturnType<typeof stoppedClock>;
}

function formOf(changes: Partial<FormOptions & { closeBeforeMs: number }> = {}): Made {
  const source = changes.source ?? Readable.from([BYTES], { objectMode: false });
  const sizeBytes = changes.sizeBytes ?? BYTES.length;
  const clock = stoppedClock();
  const guard = new ByteGuard({ sizeBytes, closeBeforeMs: changes.closeBeforeMs ?? Number.MAX_SAFE_INTEGER });
  const form = new UploadForm({
    boundary: BOUNDARY,
    classificationId: '-Class',
    batchId: undefined,
    fileName: 'a.pdf',
    contentType: 'application/pdf',
    idleMs: 1000,
    clock,
    ...changes,
    sizeBytes,
    source,
    guard,
  });
  return { form, guard, source, clock };
}

/** All that it let out, and how it ended. */
async function outcomeOf(form: Readable): Promise<{ text: string; error: UploaderError }> {
  const chunks: Buffer[] = [];
  form.on('data', (chunk) => chunks.push(chunk));
  const error = await new Promise((resolve) =>
    form.once('error', resolve).once('end', () => resolve(undefined)),
  );
  return { text: Buffer.concat(chunks).toString('latin1'), error: error as UploaderError };
}

const flowed = (stream: Readable) => new Promise((resolve) => stream.once('data', resolve));
const turn = () => new Promise((resolve) => setImmediate(resolve));

const anyText = fc.string({ unit: 'binary', maxLength: 40 });

describe('the form', () => {
  it('is, byte for byte, what WHATWG says', async () => {
    const { form } = formOf({ batchId: '-Batch', source: Readable.from([Buffer.from('abc')]), sizeBytes: 3 });
    const { text } = await outcomeOf(form);
    expect(text).toBe(
      [
        `--${BOUNDARY}`,
        'Content-Disposition: form-data; name="classificationId"',
        '',
        '-Class',
        `--${BOUNDARY}`,
        'Content-Disposition: form-data; name="batchId"',
        '',
        '-Batch',
        `--${BOUNDARY}`,
        'Content-Disposition: form-data; name="files"; filename="a.pdf"',
        'Content-Type: application/pdf',
        '',
        'abc',
        `--${BOUNDARY}--`,
        '',
      ].join('\r\n'),
    );
    expect(form.contentLength).toBe(text.length);
  });

  it('is read back by an independent parser, whatever the names, the values and the chunks', async () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter((text) => !/[\0"\r\n\\]/.test(text));
    const chunks = fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        name,
        anyText,
        fc.option(anyText, { nil: undefined }),
        chunks,
        async (fileName, classificationId, batchId, pieces) => {
          const bytes = Buffer.concat(pieces);
          const source = Readable.from(pieces.map((piece) => Buffer.from(piece)));
          const { form, guard } = formOf({
            fileName,
            classificationId,
            batchId,
            source,
            sizeBytes: bytes.length,
          });
          let sentBytes = 0;
          form.on('data', (chunk: Buffer) => {
            sentBytes += chunk.length;
          });
          const read = await received(form, CONTENT_TYPE);
          const lines = (value: string) => value.replace(/\r\n?|\n/g, '\r\n');
          expect(read.order).toEqual([
            'classificationId',
            ...(batchId === undefined ? [] : ['batchId']),
            'files',
          ]);
          expect(read.fields['classificationId']).toBe(lines(classificationId).toWellFormed());
          expect(read.fields['batchId']).toBe(batchId === undefined ? undefined : lines(batchId));
          expect(read.fileName).toBe(fileName);
          expect(read.sha256).toBe(sha256(bytes));
          expect(sentBytes).toBe(form.contentLength);
          expect(guard.closingHandedOver).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each(['Rechnung Nr. 7 + 3 & Söhne.pdf', '請求書 2026.pdf', "it's 100 % ~abc.tiff", '🧾.png'])(
    'carries the name %j to busboy, formidable and Node alike',
    async (fileName) => {
      const text = Buffer.from((await outcomeOf(formOf({ fileName }).form)).text, 'latin1');
      const headers = { 'content-type': CONTENT_TYPE, 'content-length': String(text.length) };
      expect((await received(Readable.from([text]), CONTENT_TYPE)).fileName).toBe(fileName);
      const node = await new Response(text, { headers }).formData();
      expect((node.get('files') as File).name).toBe(fileName);
      const request = Object.assign(Readable.from([text]), { headers });
      const [, files] = await formidable({ keepExtensions: true }).parse(request as never);
      expect(files['files']?.[0]?.originalFilename).toBe(fileName);
    },
  );

  it('escapes quotes and line ends in a name, and nothing else', async () => {
    const { text } = await outcomeOf(formOf({ fileName: 'a"b\r\nc%22\\d.pdf' }).form);
    expect(text).toContain('filename="a%22b%0D%0Ac%22\\d.pdf"\r\n');
  });

  it('makes every line end of a value CRLF', async () => {
    const { text } = await outcomeOf(formOf({ classificationId: 'a\rb\nc\r\nd' }).form);
    expect(text).toContain('\r\n\r\na\r\nb\r\nc\r\nd\r\n--');
  });

  it('lets no Content-Type write headers of its own', async () => {
    for (const contentType of ['text/plain\r\nX-Evil: 1', 'nonsense', '', 'text/plain;\x01'])
      expect((await outcomeOf(formOf({ contentType }).form)).text).toContain(
        '\r\nContent-Type: application/octet-stream\r\n\r\n',
      );
    expect((await outcomeOf(formOf({ contentType: 'text/plain; charset=utf-8' }).form)).text).toContain(
      '\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n',
    );
  });
});

describe('the stream', () => {
  it('forwards chunks uncopied', async () => {
    const chunk = Buffer.from('the very same');
    const { form } = formOf({
      source: Readable.from([chunk], { objectMode: false }),
      sizeBytes: chunk.length,
    });
    const seen: Buffer[] = [];
    form.on('data', (each) => seen.push(each));
    await new Promise((resolve) => form.once('end', resolve));
    expect(seen.some((each) => each.buffer === chunk.buffer && each.byteOffset === chunk.byteOffset)).toBe(
      true,
    );
  });

  it('can be read by iteration as well as by events, empty chunks or not', async () => {
    const source = Readable.from([Buffer.from('ab'), Buffer.alloc(0), Buffer.from('c')]);
    const { form } = formOf({ source, sizeBytes: 3 });
    const chunks: Buffer[] = [];
    for await (const chunk of form) chunks.push(chunk);
    expect(Buffer.concat(chunks).length).toBe(form.contentLength);
    expect(Buffer.concat(chunks).toString()).toContain('\r\n\r\nabc\r\n--');
  });

  it('asks nothing of the source while its own reader is paused', async () => {
    let given = 0;
    const source = new Readable({
      highWaterMark: 1,
      read() {
        given += 1;
        this.push(Buffer.alloc(1000));
      },
    });
    const { form } = formOf({ source, sizeBytes: 1_000_000_000 });
    let takenBytes = 0;
    let pauseAfterBytes = 5000;
    form.on('data', (chunk: Buffer) => {
      takenBytes += chunk.length;
      if (takenBytes > pauseAfterBytes) form.pause();
    });
    await new Promise((resolve) => form.once('pause', resolve));
    const givenAtPause = given;
    for (let turns = 0; turns < 20; turns += 1) await turn();
    expect(given).toBeLessThanOrEqual(givenAtPause + 1);
    pauseAfterBytes = 10_000;
    form.resume();
    await new Promise((resolve) => form.once('pause', resolve));
    expect(given).toBeGreaterThan(givenAtPause + 1);
    form.destroy();
  });

  it('that was broken off does not count as closed when its source ends after all', async () => {
    const { form, guard, source } = formOf();
    form.on('data', () => {});
    source.once('end', () => form.destroy());
    await new Promise((resolve) => source.once('close', resolve));
    await turn();
    expect(guard.closingHandedOver).toBe(false);
  });

  it('takes the source down with it', async () => {
    const { form, source, clock } = formOf({ source: openBody(Buffer.from('abc')) });
    await flowed(form);
    expect(clock.sleepers()).toBe(1);
    form.destroy();
    await new Promise((resolve) => source.once('close', resolve));
    expect(source.destroyed).toBe(true);
    expect(clock.sleepers()).toBe(0);
  });

  it('ends with the error that the source ended with', async () => {
    const gone = new UploaderError('document.superseded', 'overwritten');
    const { form, source } = formOf({ source: openBody(Buffer.from('abc')) });
    const outcome = outcomeOf(form);
    source.destroy(gone);
    expect((await outcome).error).toBe(gone);
  });

  it('calls a foreign error of the source, and a source cut off without one, `document.unavailable`', async () => {
    const reset = new Error('ECONNRESET');
    for (const cause of [reset, undefined]) {
      const { form, source, guard } = formOf({ source: openBody(Buffer.from('abc')) });
      const outcome = outcomeOf(form);
      source.destroy(cause);
      const { error, text } = await outcome;
      expect(error.code).toBe('document.unavailable');
      expect(error.cause).toEqual(cause ?? expect.objectContaining({ code: 'ERR_STREAM_PREMATURE_CLOSE' }));
      expect(text).not.toContain(`--${BOUNDARY}--`);
      expect(guard.closingHandedOver).toBe(false);
    }
  });
});

describe('the byte guard', () => {
  it.each([
    ['fewer', BYTES.length + 1],
    ['more', BYTES.length - 1],
    ['far more', 1],
  ])('never lets the closing boundary out after %s bytes than promised', async (_, sizeBytes) => {
    const { form, guard } = formOf({ sizeBytes });
    const { error, text } = await outcomeOf(form);
    expect(error.code).toBe('document.size-mismatch');
    expect(text).not.toContain(`--${BOUNDARY}--`);
    expect(text.length).toBeLessThan(form.contentLength);
    expect(guard.closingHandedOver).toBe(false);
  });

  it('lets the closing boundary out before the claim ends, and not from that moment on', async () => {
    const inTime = formOf({ closeBeforeMs: 1_000_001 });
    expect((await outcomeOf(inTime.form)).error).toBeUndefined();
    const late = formOf({ closeBeforeMs: 1_000_000 });
    const { error, text } = await outcomeOf(late.form);
    expect(error.code).toBe('upload.out-of-time');
    expect(text).toContain('some bytes');
    expect(text).not.toContain(`--${BOUNDARY}--`);
    expect(late.guard.closingHandedOver).toBe(false);
  });

  it('decides when the closing boundary really goes out, not when the source ended [V11]', async () => {
    const { form, guard, source, clock } = formOf({ closeBeforeMs: 1_000_500 });
    form.on('data', (chunk: Buffer) => {
      if (chunk.includes('some bytes')) form.pause();
    });
    const outcome = outcomeOf(form);
    await new Promise((resolve) => source.once('close', resolve));
    expect(guard.closingHandedOver).toBe(false);
    clock.advance(500);
    form.resume();
    expect((await outcome).error.code).toBe('upload.out-of-time');
    expect(guard.closingHandedOver).toBe(false);
  });

  it('has noted the closing boundary by the time that anybody sees it', async () => {
    const { form, guard } = formOf();
    const seen: boolean[] = [];
    form.on('data', (chunk: Buffer) => chunk.includes(`${BOUNDARY}--`) && seen.push(guard.closingHandedOver));
    await new Promise((resolve) => form.once('end', resolve));
    expect(seen).toEqual([true]);
  });
});

describe('the idle watch', () => {
  it('breaks off a source that gives nothing for as long as is allowed', async () => {
    const { form, clock } = formOf({ source: openBody(Buffer.from('abc')) });
    const outcome = outcomeOf(form);
    await flowed(form);
    await turn();
    clock.advance(999);
    await turn();
    expect(form.destroyed).toBe(false);
    clock.advance(1);
    expect((await outcome).error.code).toBe('document.stalled');
  });

  it('begins anew with every chunk', async () => {
    const { form, clock, source } = formOf({ source: openBody(Buffer.from('abc')) });
    const outcome = outcomeOf(form);
    await flowed(form);
    for (let rounds = 0; rounds < 5; rounds += 1) {
      clock.advance(700);
      await turn();
      source.push('d');
      await turn();
    }
    expect(form.destroyed).toBe(false);
    clock.advance(1000);
    expect((await outcome).error.code).toBe('document.stalled');
  });

  it('does not count while our reader is paused', async () => {
    const source = new PassThrough();
    source.write('abc');
    const { form, clock } = formOf({ source, sizeBytes: 4 });
    form.on('data', (chunk: Buffer) => {
      if (chunk.includes('abc')) form.pause();
    });
    await new Promise((resolve) => form.once('pause', resolve));
    for (let rounds = 0; rounds < 5; rounds += 1) {
      clock.advance(10_000);
      await turn();
    }
    expect(form.destroyed).toBe(false);
    const outcome = outcomeOf(form);
    source.end('d');
    form.resume();
    expect((await outcome).error).toBeUndefined();
    expect(clock.sleepers()).toBe(0);
  });
});
