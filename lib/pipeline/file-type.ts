/** Extension <-> Content-Type of the types that integrations of Extracta's are seen to accept. */
const CONTENT_TYPES: ReadonlyMap<string, string> = new Map([
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
]);

/** The key's last segment: what people call the file's name. */
export function baseName(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/** Lower-case, without the dot; undefined where the name has none. */
export function extensionOf(key: string): string | undefined {
  const name = baseName(key);
  const dot = name.lastIndexOf('.');
  const extension = name.slice(dot + 1);
  return dot < 0 || extension === '' ? undefined : extension.toLowerCase();
}

export function contentTypeOf(extension: string): string {
  return CONTENT_TYPES.get(extension) ?? 'application/octet-stream';
}

export function extensionFor(contentType: string | undefined): string | undefined {
  const essence = contentType?.split(';')[0]?.trim().toLowerCase();
  for (const [extension, type] of CONTENT_TYPES) if (type === essence) return extension;
  return undefined;
}
