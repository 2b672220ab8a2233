import { html, nothing } from '/lit/lit-html.js';
import { ask } from './asking.js';
import { fits, row } from './line.js';
import { looked, show } from './state.js';
import { ago, counted, figure, name, seen } from './words.js';

const MOST = 12;

export function batches() {
  const { batches: all } = looked().board;
  if (all === null) return nothing;
  const fitting = all.filter(({ batchId, folders }) => [batchId, ...folders].some(fits));
  return html`
    <section class="card" aria-labelledby="batches-title">
      <h2 id="batches-title">Batches at Extracta <span class="tally">${figure(all.length)}</span></h2>
      ${fitting.length === 0 ? html`<p class="quiet">${all.length === 0 ? 'None yet.' : 'None fits the search.'}</p>` : nothing}
      <ul class="rows">
        ${fitting.slice(0, MOST).map(
          (batch) => html`
            <li>
              <button type="button" class="row" data-batch=${batch.batchId} @click=${() => openBatch(batch.batchId)}>
                <span class="name">${name(batch.folders.filter(Boolean).join(' ') || 'top of the bucket')}</span>
                <span class="meta">${counted(batch.documents, 'document')} · ${ago(batch.lastUploadedAt)}</span>
                <span class="folder"><code>${batch.batchId}</code></span>
              </button>
            </li>
          `,
        )}
      </ul>
      ${fitting.length > MOST ? html`<p class="more">and ${figure(fitting.length - MOST)} more: narrow them by search</p>` : nothing}
    </section>
  `;
}

export function openBatch(id, results = false) {
  return show({ kind: 'batch', id }, ask('GET', 'batch', { id, results: results ? '1' : '' }));
}

export function batchTitle({ id }) {
  return html`Batch <code>${id}</code>`;
}

/** @param {{ id: string, report: import('../../batch.ts').BatchReport }} dialog */
export function batchBody({ id, report }) {
  const { documents, notes, strangers, answer, isCut } = report;
  return html`
    <p>
      ${counted(documents.length, 'document')}${isCut ? ' are shown; there are more' : ''}.
      ${answer === null ? html`<button type="button" @click=${() => openBatch(id, true)}>Ask Extracta what it says of each</button>` : nothing}
    </p>
    <ul class="rows">
      ${documents.map((document) => row({ ...document, sentBytes: null }, [document.state, document.atExtracta, document.numberOfPages === null ? '' : counted(document.numberOfPages, 'page')].filter(Boolean).join(' · ')))}
    </ul>
    ${strangers.map(({ fileId, fileName }) => html`<p class="note">Extracta lists <code>${fileId}</code> (${name(fileName)}), and no document is mapped to it.</p>`)}
    ${notes.map((note) => html`<p class="note">${seen(note)}</p>`)}
  `;
}
