/** What s3rver's controllers answer: an element a property, `@` holds attributes, a list repeats its element. */
export interface XmlElements {
  readonly [name: string]: XmlValue;
}

export type XmlValue = string | number | boolean | undefined | XmlElements | readonly XmlValue[];

/** s3rver's own writer escapes twice, so that a key with `&` comes back as another key. */
export function xmlDocument(elements: XmlElements): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${children(elements)}`;
}

function children(elements: XmlElements): string {
  return Object.entries(elements)
    .filter(([name]) => name !== '@')
    .map(([name, value]) =>
      isList(value) ? value.map((one) => element(name, one)).join('') : element(name, value),
    )
    .join('');
}

function element(name: string, value: XmlValue): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object' || isList(value)) return `<${name}>${escapeXml(String(value))}</${name}>`;
  const attributes = Object.entries((value['@'] ?? {}) as XmlElements);
  const spelled = attributes
    .map(([attribute, text]) => ` ${attribute}="${escapeXml(String(text))}"`)
    .join('');
  return `<${name}${spelled}>${children(value)}</${name}>`;
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value);
}

/** Control characters as references, as S3 sends them: a reader would turn a bare CR into LF. */
function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to be written as references
  return text.replace(/[&<>"'\u0000-\u001f]/g, (character) => `&#${character.charCodeAt(0)};`);
}
