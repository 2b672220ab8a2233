import { html, nothing, render } from '/lit/lit-html.js';
import { hasToken, listen } from './asking.js';
import { batchBody, batches, batchTitle } from './batches.js';
import { dropZone, forgetArrived } from './drop-zone.js';
import { hour } from './hour.js';
import { line } from './line.js';
import { failedBody, failedTitle, parked, redriveBody, redriveTitle, redriveUnderWay } from './parked.js';
import { search } from './search.js';
import { changed, closeDialog, element, looked, onChange, state } from './state.js';
import { refreshStory, storyBody, storyTitle } from './story.js';
import { clock, seen, until } from './words.js';

const page = element('page');
const dialog = /** @type {HTMLDialogElement} */ (element('dialog'));

onChange(() => {
  if (state.look !== null) forgetArrived();
  render(wholePage(), page);
  drawDialog();
});

function wholePage() {
  return html`
    <header class="top">
      <h1>Extracta uploader</h1>
      <p class="which">${state.look === null ? '' : seen(state.look.status.line)}</p>
      <p class="badges">${breaker()} ${connection()}</p>
      ${state.look === null ? nothing : search()}
    </header>
    <main>${state.look === null ? empty() : full()}</main>
  `;
}

function full() {
  const { status, board } = looked();
  return html`
    ${state.trouble === null ? nothing : html`<p class="banner" role="alert">${seen(state.trouble)} What is shown is of ${clock(status.at)}.</p>`}
    ${state.connection === 'lost' ? html`<p class="banner" role="alert">The console has ended, or can’t be reached. What is shown is of ${clock(status.at)}.</p>` : nothing}
    ${line()}
    <div class="columns ${board.isLocal ? 'with-drop' : ''}">
      ${hour()} ${board.isLocal ? dropZone() : nothing} ${parked()} ${batches()}
    </div>
    <footer>
      ${[...status.notes, ...board.notes].map((note) => html`<p class="note">${seen(note)}</p>`)}
      ${status.namesKept ? nothing : html`<p class="warning">Extracta changes the names that are sent: lost answers can’t be verified.</p>`}
    </footer>
  `;
}

function empty() {
  if (state.connection === 'refused' || !hasToken())
    return html`<p class="banner" role="alert">This address lacks its token. Open the whole one that the command printed: it ends in <code>#…</code>.</p>`;
  if (state.trouble !== null) return html`<p class="banner" role="alert">${seen(state.trouble)}</p>`;
  return html`<p class="quiet">${state.connection === 'lost' ? 'The console can’t be reached.' : 'Looking at the line…'}</p>`;
}

function breaker() {
  if (state.look === null) return nothing;
  const { state: standing, until: time, because } = state.look.status.breaker;
  if (standing === 'closed')
    return html`<span class="badge good" data-breaker="closed">Extracta: open</span>`;
  const why = because === null ? '' : ` (${because})`;
  if (standing === 'paused')
    return html`<span class="badge bad" data-breaker="paused">Extracta: paused${why}, ${time === null ? nothing : until(time)}</span>`;
  return html`<span class="badge middling" data-breaker="probing">Extracta: being tried${why}</span>`;
}

const CONNECTIONS = {
  live: ['good', 'live'],
  connecting: ['middling', 'connecting'],
  lost: ['bad', 'not live'],
  refused: ['bad', 'no token'],
};

function connection() {
  const [kind, text] = CONNECTIONS[state.connection];
  return html`<span class="badge ${kind}" data-connection=${state.connection}>${text}</span>`;
}

/** @type {Record<import('./state.js').DialogKind, readonly [(shown: any) => unknown, (shown: any) => unknown]>} */
const DIALOGS = {
  story: [storyTitle, storyBody],
  batch: [batchTitle, batchBody],
  redrive: [redriveTitle, redriveBody],
  failed: [failedTitle, failedBody],
};

function drawDialog() {
  const { dialog: shown } = state;
  if (shown === null) {
    if (dialog.open) dialog.close();
    return;
  }
  const [title, body] = DIALOGS[shown.kind];
  render(
    html`
      <header>
        <h2 id="dialog-title">${title(shown)}</h2>
        <button type="button" class="close" aria-label="Close" @click=${closeDialog}>×</button>
      </header>
      <div class="body" aria-busy=${shown.isBusy === true}>${inside(shown, body)}</div>
    `,
    dialog,
  );
  if (!dialog.open) dialog.showModal();
}

function inside(shown, body) {
  if (shown.problem !== undefined) return html`<p class="warning" role="alert">${seen(shown.problem)}</p>`;
  if (shown.isActing && shown.isBusy) return redriveUnderWay();
  return shown.isBusy ? html`<p class="quiet">Asking…</p>` : body(shown);
}

// Escape, and a press beside it.
dialog.addEventListener('close', () => {
  if (state.dialog !== null) closeDialog();
});
dialog.addEventListener('click', ({ target }) => {
  if (target === dialog) dialog.close();
});
// A file that misses its zone must not replace the page.
for (const name of ['dragover', 'drop']) addEventListener(name, (event) => event.preventDefault());
addEventListener('keydown', (event) => {
  if (event.key !== '/' || (event.target instanceof Element && event.target.matches('input')) || dialog.open)
    return;
  event.preventDefault();
  document.getElementById('what')?.focus();
});

/** @type {Record<string, (data: any) => void>} */
const HEARD = {
  live: () => changed({ connection: 'live' }),
  lost: () => changed({ connection: 'lost' }),
  refused: () => changed({ connection: 'refused' }),
  look: (look) => {
    changed({ look, trouble: null });
    refreshStory();
  },
  trouble: ({ says }) => changed({ trouble: says }),
  redriving: ({ says }) => changed({ redriving: says }),
};

page.replaceChildren();
changed();
// How long ago something was changes by itself.
setInterval(() => changed(), 1000);
if (hasToken()) listen((name, data) => HEARD[name]?.(data));
