import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, test, vi } from 'vitest';
import { PortTaken } from '../../../lib/local/loopback.ts';
import { startLocalS3 } from '../../../lib/local/s3.ts';
import {
  BUCKET,
  bytesOf,
  md5,
  s3Client,
  s3UnderTest,
  sha256,
  temporaryFolder,
} from '../../support/local-s3.ts';

const key = { Bucket: BUCKET, Key: 'folder/a.pdf' };

describe('If-Match', () => {
  test('GET and HEAD answer 412 for another ETag, and the object for its own', async () => {
    await using dir = await temporaryFolder();
    await using local = await s3UnderTest(dir.path);
    const { ETag } = await local.client.send(new PutObjectCommand({ ...key, Body: 'first' }));
    await local.client.send(new PutObjectCommand({ ...key, Body: 'second' }));

    const refused = { name: expect.any(String), $metadata: { httpStatusCode: 412 } };
    await expect(local.client.send(new GetObjectCommand({ ...key, IfMatch: ETag }))).rejects.toMatchObject(
      refused,
    );
    await expect(local.client.send(new HeadObjectCommand({ ...key, IfMatch: ETag }))).rejects.toMatchObject(
      refused,
    );
    for (const tag of [`"${md5(Buffer.from('second'))}"`, md5(Buffer.from('second')), '*']) {
      const { Body } = await local.client.send(new GetObjectCommand({ ...key, IfMatch: tag }));
      expect((await bytesOf(Body)).toString()).toBe('second');
      await local.client.send(new HeadObjectCommand({ ...key, IfMatch: tag }));
    }
  });

  test('an object that is not there is 404, whatever If-Match says', async () => {
    await using dir = await temporaryFolder();
    await using local = await s3UnderTest(dir.path);
    const get = new GetObjectCommand({ ...key, IfMatch: '"x"' });
    await expect(local.client.send(get)).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
  });
});

describe('replacing', () => {
  test('a GET under way keeps its version while the object is overwritten', async () => {
    await using dir = await temporaryFolder();
    await using local = await s3UnderTest(dir.path);
    const [first, second] = [randomBytes(8_000_000), randomBytes(8_000_000)];
    await local.client.send(new PutObjectCommand({ ...key, Body: first }));

    const slow = await local.client.send(new GetObjectCommand(key));
    await once(slow.Body as Readable, 'readable');
    const { ETag } = await local.client.send(new PutObjectCommand({ ...key, Body: second }));

    expect(sha256(await bytesOf(slow.Body))).toBe(sha256(first));
    expect(slow.ETag).toBe(`"${md5(first)}"`);
    const after = await local.client.send(new GetObjectCommand(key));
    expect(sha256(await bytesOf(after.Body))).toBe(sha256(second));
    expect(after.ETag).toBe(ETag);
  });

  test('under many writers and readers, bytes and ETag always belong together', async () => {
    await using dir = await temporaryFolder();
    await using local = await s3UnderTest(dir.path);
    const bodies = Array.from({ length: 8 }, () => randomBytes(300_000));
    await local.client.send(new PutObjectCommand({ ...key, Body: 'the first' }));
    const read = async () => {
      const { ETag, Body } = await local.client.send(new GetObjectCommand(key));
      return { ETag, md5: md5(await bytesOf(Body)) };
    };
    const [reads] = await Promise.all([
      Promise.all(Array.from({ length: 24 }, read)),
      Promise.all(bodies.map((Body) => local.client.send(new PutObjectCommand({ ...key, Body })))),
    ]);
    for (const one of reads) expect(one.ETag).toBe(`"${one.md5}"`);
    expect(local.errors).toEqual([]);
  });

  test('a PUT that breaks off changes nothing and leaves nothing', async () => {
    await using dir = await temporaryFolder();
    await using local = await s3UnderTest(dir.path);
    await local.client.send(new PutObjectCommand({ ...key, Body: 'whole' }));
    const { hostname, port } = new URL(local.s3.endpoint);
    const socket = connect(Number(port), hostname);
    socket.write(
      `PUT /${BUCKET}/${key.Key} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\nexpect: 100-continue\r\n\r\n`,
    );
    await once(socket, 'data');
    await new Promise<void>((written) => socket.write('half', () => written()));
    const incoming = () => readdir(join(dir.path, 'incoming'));
    await vi.waitFor(async () => expect(await incoming()).toHaveLength(1));
    socket.destroy();
    await vi.waitFor(async () => expect(await incoming()).toEqual([]));

    const { Body } = await local.client.send(new GetObjectCommand(key));
    expect((await bytesOf(Body)).toString()).toBe('whole');
    expect(local.created).toHaveLength(1);
    expect(local.errors).toEqual([]);
  });

  test('copies keep bytes and metadata, with awkward keys too', async () => {
    await using dir = await temporaryFolder();
    await using local = await s3UnderTest(dir.path);
    const source = 'a+b & c#d%.pdf';
    await local.client.send(
      new PutObjectCommand({ Bucket: BUCKET, Key: source, Body: 'copied', Metadata: { kept: 'yes' } }),
    );
    const CopySource = `${BUCKET}/${encodeURIComponent(source)}`;
    await local.client.send(new CopyObjectCommand({ ...key, CopySource }));
    const copy = await local.client.send(new GetObjectCommand(key));
    expect((await bytesOf(copy.Body)).toString()).toBe('copied');
    expect(copy.Metadata).toEqual({ kept: 'yes' });
    expect(local.created.map(({ how, key }) => [how, key])).toEqual([
      ['Put', source],
      ['Copy', key.Key],
    ]);
  });
});

describe('multipart uploads', () => {
  test('become one object with the ETag that S3 gives it', async () => {
    await using dir = await temporaryFolder();
    await using local = await s3UnderTest(dir.path);
    const parts = [randomBytes(5 * 1024 ** 2), randomBytes(5 * 1024 ** 2), randomBytes(1234)];
    const { UploadId } = await local.client.send(
      new CreateMultipartUploadCommand({ ...key, ContentType: 'application/pdf', Metadata: { of: 'parts' } }),
    );
    const upload = { ...key, UploadId };
    const done = await Promise.all(
      parts.map(async (Body, at) => {
        const { ETag } = await local.client.send(
          new UploadPartCommand({ ...upload, PartNumber: at + 1, Body }),
        );
        return { ETag, PartNumber: at + 1 };
      }),
    );
    const wrong = { Parts: [...done.slice(0, 2), { PartNumber: 3, ETag: done[0]?.ETag }] };
    await expect(
      local.client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: wrong })),
    ).rejects.toMatchObject({ name: 'InvalidPart' });
    const complete = await local.client.send(
      new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: done } }),
    );

    const eTag = `${md5(Buffer.concat(parts.map((part) => Buffer.from(md5(part), 'hex'))))}-3`;
    expect(complete.ETag).toBe(`"${eTag}"`);
    const got = await local.client.send(new GetObjectCommand({ ...key, IfMatch: `"${eTag}"` }));
    expect(sha256(await bytesOf(got.Body))).toBe(sha256(Buffer.concat(parts)));
    expect(got).toMatchObject({ ContentType: 'application/pdf', Metadata: { of: 'parts' } });
    expect(local.created).toMatchObject([
      { how: 'CompleteMultipartUpload', key: key.Key, eTag, sizeBytes: Buffer.concat(parts).length },
    ]);
  });

  test('an aborted or made-up upload is NoSuchUpload', async () => {
    await using dir = await temporaryFolder();
    await using local = await s3UnderTest(dir.path);
    const { UploadId } = await local.client.send(new CreateMultipartUploadCommand(key));
    await local.client.send(new AbortMultipartUploadCommand({ ...key, UploadId }));
    for (const id of [UploadId, '../../../../tmp', 'f'.repeat(32)]) {
      const part = new UploadPartCommand({ ...key, UploadId: id, PartNumber: 1, Body: 'x' });
      await expect(local.client.send(part)).rejects.toMatchObject({ name: 'NoSuchUpload' });
    }
  });
});

describe('what it refuses, and says so', () => {
  test.each([
    ['../../escape.pdf', /a segment is \. or \.\./],
    ['folder/./a.pdf', /a segment is \. or \.\./],
    ['folder//a.pdf', /a segment is empty/],
    [`folder/${'é'.repeat(117)}`, /a segment has 234 bytes, more than 233/],
    ['nul\0.pdf', /it holds a NUL/],
    ['x'.repeat(1025), /longer than 1024 bytes/],
    ['a._S3rver_object', /it holds \._S3rver_/],
  ])('the key %j', async (Key, reason) => {
    await using dir = await temporaryFolder();
    await using local = await s3UnderTest(dir.path);
    // By hand: the SDK's URL would be tidied up on the way.
    const path = Key.split('/')
      .map((segment) => encodeURIComponent(segment).replaceAll('.', '%2E'))
      .join('/');
    const answer = await rawRequest(local.s3.endpoint, `PUT /${BUCKET}/${path}`, 'body');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toMatch(/<Error>\s*<Code>\w+<\/Code>/);
    expect(answer).toMatch(reason);
    expect(await rawRequest(local.s3.endpoint, `POST /${BUCKET}/${path}?uploads`, '')).toMatch(
      /^HTTP\/1\.1 400 /,
    );
    expect(local.created).toEqual([]);
    expect(await readdir(join(dir.path, 'incoming'))).toEqual([]);
    expect(await readdir(join(dir.path, 'objects', BUCKET))).toEqual([]);
    expect((await readdir(dir.path)).sort()).toEqual(['incoming', 'objects']);
  });

  test('a bucket that is a way out of the folder', async () => {
    await using dir = await temporaryFolder();
    await using local = await s3UnderTest(dir.path);
    for (const target of ['GET /../incoming', 'GET /%2E%2E?list-type=2', 'PUT /%2e%2e/x']) {
      expect(await rawRequest(local.s3.endpoint, target, '')).toMatch(/^HTTP\/1\.1 404 /);
    }
  });

  test('another access key than its own', async () => {
    await using dir = await temporaryFolder();
    await using local = await s3UnderTest(dir.path);
    const stranger = s3Client(local.s3.endpoint, 'AKIDSOMEBODY');
    await expect(stranger.send(new GetObjectCommand(key))).rejects.toMatchObject({
      name: 'InvalidAccessKeyId',
    });
    stranger.destroy();
  });

  test('a port that is taken', async () => {
    await using dir = await temporaryFolder();
    await using local = await s3UnderTest(dir.path);
    const port = Number(new URL(local.s3.endpoint).port);
    const second = startLocalS3({
      dataDir: dir.path,
      buckets: [],
      port,
      onObjectCreated: async () => undefined,
      onError: () => undefined,
    });
    await expect(second).rejects.toThrow(PortTaken);
    await expect(second).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken.`);
  });
});

test('what a crash left half-written is gone after a restart', async () => {
  await using dir = await temporaryFolder();
  await mkdir(join(dir.path, 'incoming'));
  await writeFile(join(dir.path, 'incoming', 'half'), 'half');
  await using _ = await s3UnderTest(dir.path);
  expect(await readdir(join(dir.path, 'incoming'))).toEqual([]);
});

test('objects, their metadata and the bucket outlive a restart', async () => {
  await using dir = await temporaryFolder();
  const Body = randomBytes(100_000);
  {
    await using local = await s3UnderTest(dir.path);
    await local.client.send(new PutObjectCommand({ ...key, Body, ContentType: 'application/pdf' }));
  }
  await using again = await s3UnderTest(dir.path);
  const got = await again.client.send(new GetObjectCommand({ ...key, IfMatch: `"${md5(Body)}"` }));
  expect(sha256(await bytesOf(got.Body))).toBe(sha256(Body));
  expect(got.ContentType).toBe('application/pdf');
});

test('a stray file beside the buckets is no bucket', async () => {
  await using dir = await temporaryFolder();
  await using local = await s3UnderTest(dir.path);
  await writeFile(join(dir.path, 'objects', '.DS_Store'), '');
  const { Buckets } = await local.client.send(new ListBucketsCommand());
  expect(Buckets).toMatchObject([{ Name: BUCKET }]);
});

test('objects of one folder can be put and deleted at the same time', async () => {
  await using dir = await temporaryFolder();
  await using local = await s3UnderTest(dir.path);
  const rounds = Array.from({ length: 40 }, async (_, at) => {
    const one = { Bucket: BUCKET, Key: `deep/er/folder/${at}.pdf` };
    await local.client.send(new PutObjectCommand({ ...one, Body: 'x' }));
    await local.client.send(new DeleteObjectCommand(one));
  });
  await Promise.all(rounds);
  expect(local.errors).toEqual([]);
  expect(await readdir(join(dir.path, 'objects', BUCKET))).toEqual([]);
});

test('who stores an object is answered after the event was taken', async () => {
  await using dir = await temporaryFolder();
  const order: string[] = [];
  await using local = await s3UnderTest(dir.path, {
    onObjectCreated: async ({ key }) => {
      await new Promise<void>((later) => setImmediate(later));
      order.push(key);
    },
  });
  await local.client.send(new PutObjectCommand({ ...key, Body: 'x' }));
  order.push('answered');
  expect(order).toEqual([key.Key, 'answered']);
});

test('an event that nobody takes fails no PUT, and is heard of', async () => {
  await using dir = await temporaryFolder();
  const lost = new Error('the queue is down');
  await using local = await s3UnderTest(dir.path, { onObjectCreated: () => Promise.reject(lost) });
  await local.client.send(new PutObjectCommand({ ...key, Body: 'x' }));
  expect(local.errors).toEqual([lost]);
});

async function rawRequest(endpoint: string, methodAndPath: string, body: string): Promise<string> {
  const { hostname, port } = new URL(endpoint);
  const socket = connect(Number(port), hostname);
  socket.write(
    `${methodAndPath} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  return Buffer.concat(await socket.toArray()).toString();
}
