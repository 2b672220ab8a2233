import { crc32 } from 'node:zlib';

/** A Word document of plain paragraphs: the three parts that ECMA-376 asks for, in a zip without compression. */
export function docx(paragraphs: readonly string[]): Buffer {
  const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
  const types = 'http://schemas.openxmlformats.org/package/2006';
  const office = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml';
  const body = paragraphs
    .map((text) => `<w:p><w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`)
    .join('');
  return zip([
    [
      '[Content_Types].xml',
      `${head}<Types xmlns="${types}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="${office}"/></Types>`,
    ],
    [
      '_rels/.rels',
      `${head}<Relationships xmlns="${types}/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
    ],
    [
      'word/document.xml',
      `${head}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${body}</w:body></w:document>`,
    ],
  ]);
}

/** 1 January 2026, as MS-DOS counts days. */
const DOS_DATE = ((2026 - 1980) << 9) | (1 << 5) | 1;

/** Stored entries only. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
function zip(entries: readonly (readonly [name: string, text: string])[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of entries) {
    const data = Buffer.from(text);
    const shared = words([20, 0, 0, 0, DOS_DATE], [crc32(data), data.length, data.length], [name.length, 0]);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), shared, Buffer.from(name), data]);
    const tail = words([0, 0, 0], [0, offset], []);
    centrals.push(
      Buffer.concat([Buffer.from('PK\x01\x02'), words([20], [], []), shared, tail, Buffer.from(name)]),
    );
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = words([0, 0, entries.length, entries.length], [directory.length, offset], [0]);
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06'), end]);
}

/** Little-endian: 16-bit values, then 32-bit ones, then 16-bit ones again. */
function words(first: readonly number[], long: readonly number[], last: readonly number[]): Buffer {
  const bytes = Buffer.alloc(first.length * 2 + long.length * 4 + last.length * 2);
  let at = 0;
  for (const value of first) at = bytes.writeUInt16LE(value, at);
  for (const value of long) at = bytes.writeUInt32LE(value, at);
  for (const value of last) at = bytes.writeUInt16LE(value, at);
  return bytes;
}
