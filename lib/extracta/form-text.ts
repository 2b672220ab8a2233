export interface FormFields {
  /** Only letters, digits and `-`, at most 70 characters (RFC 2046 §5.1.1). */
  readonly boundary: string;
  readonly classificationId: string;
  /** Undefined: the field is left out, and Extracta makes a new batch. */
  readonly batchId: string | undefined;
  readonly fileName: string;
  readonly contentType: string;
}

/** All that stands before the document's first byte. Extracta documents this order of fields. */
export function formHead(form: FormFields): Buffer {
  const batch = form.batchId === undefined ? '' : field(form.boundary, 'batchId', form.batchId);
  return Buffer.from(
    `${field(form.boundary, 'classificationId', form.classificationId)}${batch}` +
      `--${form.boundary}\r\n` +
      `Content-Disposition: form-data; name="files"; filename="${escapedName(form.fileName)}"\r\n` +
      `Content-Type: ${safeContentType(form.contentType)}\r\n\r\n`,
  );
}

/** The closing boundary. */
export function formTail(boundary: string): Buffer {
  return Buffer.from(`\r\n--${boundary}--\r\n`);
}

function field(boundary: string, name: string, value: string): string {
  return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${normalised(value)}\r\n`;
}

/** https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data */
function normalised(value: string): string {
  return value.replace(/\r\n|\r|\n/g, '\r\n');
}

/** The same section: these three and nothing else; in particular `%` and `\` stay as they are. */
function escapedName(fileName: string): string {
  return fileName.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}

/** An object's Content-Type is whatever its uploader wrote. Printable ASCII of the form `type/subtype; …`, else unknown. */
function safeContentType(contentType: string): string {
  return /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:;[\x20-\x7e]*)?$/.test(contentType)
    ? contentType
    : 'application/octet-stream';
}
