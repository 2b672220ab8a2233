import { describe, expect, it } from 'vitest';
import { baseName, contentTypeOf, extensionFor, extensionOf } from '../../../lib/pipeline/file-type.ts';
import { DEFAULT_FILE_TYPES } from '../../../lib/pipeline/settings.ts';

describe("a key's extension", () => {
  it.each([
    ['a.pdf', 'pdf'],
    ['letters/2026/A.PDF', 'pdf'],
    ['archive.tar.gz', 'gz'],
    ['.pdf', 'pdf'],
    ['v1.2/letter', undefined],
    ['letter', undefined],
    ['letter.', undefined],
    ['letters/', undefined],
    ['', undefined],
  ])('of %j is %s', (key, extension) => expect(extensionOf(key)).toBe(extension));

  it('is looked for in the last segment alone', () => {
    expect(baseName('a/b/c.pdf')).toBe('c.pdf');
    expect(baseName('c.pdf')).toBe('c.pdf');
    expect(baseName('a/')).toBe('');
  });
});

describe('a content type', () => {
  // https://www.iana.org/assignments/media-types/media-types.xhtml
  it.each([
    ['pdf', 'application/pdf'],
    ['doc', 'application/msword'],
    ['docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    ['txt', 'text/plain'],
    ['jpg', 'image/jpeg'],
    ['jpeg', 'image/jpeg'],
    ['png', 'image/png'],
    ['tif', 'image/tiff'],
    ['tiff', 'image/tiff'],
    ['bmp', 'image/bmp'],
  ])('of %s is %s', (extension, type) => expect(contentTypeOf(extension)).toBe(type));

  it('of a type that a person allowed beside those is unknown', () => {
    expect(contentTypeOf('webp')).toBe('application/octet-stream');
  });

  it('is known of every type that is allowed by default', () => {
    expect(DEFAULT_FILE_TYPES.map(contentTypeOf)).not.toContain('application/octet-stream');
  });

  it.each([
    ['application/pdf', 'pdf'],
    ['Application/PDF; charset=binary', 'pdf'],
    ['image/jpeg', 'jpg'],
    ['image/tiff ', 'tif'],
    ['binary/octet-stream', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j stands for the extension %s', (type, extension) => expect(extensionFor(type)).toBe(extension));
});
