import { generateKeyPairSync, sign } from 'node:crypto';

export interface Certificate {
  readonly certPem: string;
  readonly keyPem: string;
}

const DAY_MS = 86_400_000;
const ECDSA_WITH_SHA256 = '06082a8648ce3d040302';
const COMMON_NAME = '0603550403';
const SUBJECT_ALT_NAME = '0603551d11';
const BASIC_CONSTRAINTS = '0603551d13';

/**
 * A certificate for 127.0.0.1 that signs itself, for a day around now. Written out by hand: a benchmark is no reason to
 * ship a library for it, nor a private key. https://www.rfc-editor.org/rfc/rfc5280#section-4.1
 */
export function selfSigned(nowMs: number): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(hex(ECDSA_WITH_SHA256));
  const name = sequence(der(0x31, sequence(hex(COMMON_NAME), der(0x0c, Buffer.from('bench')))));
  const toSign = sequence(
    der(0xa0, der(0x02, hex('02'))),
    der(0x02, hex('01')),
    algorithm,
    name,
    sequence(time(nowMs - DAY_MS), time(nowMs + DAY_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions())),
  );
  const signature = sign('sha256', toSign, privateKey);
  const certificate = sequence(toSign, algorithm, der(0x03, Buffer.concat([hex('00'), signature])));
  return {
    certPem: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`,
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function extensions(): readonly Buffer[] {
  const loopback = der(0x87, Buffer.from([127, 0, 0, 1]));
  const isAuthority = der(0x01, hex('ff'));
  return [
    sequence(hex(SUBJECT_ALT_NAME), der(0x04, sequence(loopback))),
    sequence(hex(BASIC_CONSTRAINTS), der(0x01, hex('ff')), der(0x04, sequence(isAuthority))),
  ];
}

const hex = (digits: string) => Buffer.from(digits, 'hex');
const sequence = (...parts: readonly Buffer[]) => der(0x30, Buffer.concat(parts));
const time = (ms: number) =>
  der(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14)}Z`));

/** Tag, length, value. */
function der(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const long =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...long]), value]);
}
