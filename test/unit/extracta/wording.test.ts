import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quotable } from '../../../lib/extracta/wording.ts';

describe('a quoted message', () => {
  it.each([
    'https://storage.example.com/x?Signature=abc',
    '(see:http://x.example/1)',
    '//x.example/1',
    'storage.example.com/bucket/file',
    'storage.example.com:8080/file',
    'https%3A%2F%2Fx.example%2F1',
    'https:\\/\\/x.example',
    'x?Expires=4102444800',
  ])('holds no link: %s', (link) => {
    expect(quotable(`File ${link} failed`, 'sk-1')).toBe('File [link] failed');
  });

  it('holds no token, no control characters and no line ends', () => {
    expect(quotable('Key sk-1\r\n\u001b[31mis\0wrong\u0085', 'sk-1')).toBe('Key [token] [31mis wrong');
    expect(quotable('a\tb', '')).toBe('a b');
  });

  it('is short, and whole up to where it is cut', () => {
    expect(quotable('é'.repeat(300), 't')).toBe('é'.repeat(300));
    expect(quotable(`${'a'.repeat(299)}😀`, 't')).toBe(`${'a'.repeat(299)}\ufffd…`);
  });

  it('never holds the token, wherever it stands', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        expect(quotable(`${before}sk-live-9${after}`, 'sk-live-9')).not.toContain('sk-live-9');
      }),
    );
  });
});
