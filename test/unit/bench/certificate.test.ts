import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { selfSigned } from '../../../bench/streaming/certificate.ts';

describe('the certificate of a run', () => {
  const nowMs = Date.UTC(2026, 10, 24, 12);
  const { certPem, keyPem } = selfSigned(nowMs);
  const certificate = new X509Certificate(certPem);

  it('is signed by its own key, which is the one that goes with it', () => {
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
    expect(certificate.ca).toBe(true);
  });

  it('is for 127.0.0.1 and nothing else, for a day around now', () => {
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.subjectAltName).toBe('IP Address:127.0.0.1');
    expect(Date.parse(certificate.validFrom)).toBe(nowMs - 86_400_000);
    expect(Date.parse(certificate.validTo)).toBe(nowMs + 86_400_000);
  });
});
