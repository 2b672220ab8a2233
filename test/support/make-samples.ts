import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { docx } from './make-samples/docx.ts';
import { drawn } from './make-samples/drawing.ts';
import { jpeg, png, tiff } from './make-samples/images.ts';
import { pdf } from './make-samples/pdf.ts';

/**
 * The documents of samples/, every byte the same on every machine. Written anew by `npx node test/support/make-samples.ts`.
 * Their names are what names are like: spaces, `+`, quotes, letters beyond Latin.
 */
export function makeSamples(): ReadonlyMap<string, Buffer> {
  return new Map([
    [
      'invoices/Invoice 2026-014.pdf',
      pdf([
        [
          'INVOICE 2026-014',
          'Harbour Office Supplies Ltd',
          '',
          '12 boxes of paper    48.00',
          'Delivery    6.50',
          'Total due    54.50 EUR',
        ],
      ]),
    ],
    [
      'invoices/Müller & Söhne – Rechnung+Anlage.pdf',
      pdf([
        [
          'RECHNUNG 8841',
          'Müller & Söhne, Schreinerei',
          '',
          'Bücherregal, Eiche geölt    640,00',
          'Gesamtbetrag    640,00 EUR',
        ],
        ['ANLAGE ZUR RECHNUNG 8841', '', 'Maße: 200 x 120 x 35 cm', 'Lieferung frei Haus'],
      ]),
    ],
    ["invoices/Taxi 'late ride' +tip.jpg", jpeg(drawn(['TAXI RECEIPT', '18.50 EUR', 'PAID']))],
    ['invoices/請求書 11月.png', png(drawn(['INVOICE 11', '4500 YEN', 'NET 14 DAYS']))],
    [
      'contracts/Договор аренды.pdf',
      pdf([
        [
          'LEASE AGREEMENT',
          '',
          'between Harbour View Estates (the landlord)',
          'and Anna Petrova (the tenant)',
        ],
        [
          '1. The landlord lets the flat at 4 Quay Street.',
          '2. The lease begins on 1 December 2026.',
          '3. The rent is 900.00 EUR a month.',
        ],
        ['Signed', '', 'Harbour View Estates', 'Anna Petrova'],
      ]),
    ],
    [
      'contracts/Lease “Harbour View”.docx',
      docx([
        'Amendment to the lease',
        'The tenant may keep one cat.',
        'All else stays as agreed on 1 December 2026.',
      ]),
    ],
    ["contracts/Anna's signature page.tif", tiff(drawn(['SIGNED', 'ANNA PETROVA', '1.12.2026']))],
    [
      'contracts/Notes – Σημειώσεις.txt',
      Buffer.from(
        'Notes on the lease\n\nΤο ενοίκιο είναι 900 ευρώ τον μήνα.\nThe key is with the neighbour, "second door on the left".\n',
      ),
    ],
  ]);
}

if (import.meta.main) {
  const folder = join(import.meta.dirname, '../../samples');
  await rm(folder, { recursive: true, force: true });
  for (const [name, bytes] of makeSamples()) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
}
