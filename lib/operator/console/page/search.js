import { html } from '/lit/lit-html.js';
import { changed, state } from './state.js';
import { openFound } from './story.js';

/** What is typed narrows what is shown; Enter asks the ledger. */
export function search() {
  const ask = (event) => {
    event.preventDefault();
    const what = state.filter.trim();
    if (what !== '') openFound(what);
  };
  return html`
    <form class="search" role="search" @submit=${ask}>
      <label for="what" class="unseen">Find a document</label>
      <input
        id="what"
        type="search"
        placeholder="Key, prefix, fileId, batchId"
        autocomplete="off"
        spellcheck="false"
        .value=${state.filter}
        @input=${({ target }) => changed({ filter: target.value })}
        @keydown=${clearOnEscape}
      />
      <button>Find</button>
    </form>
  `;
}

function clearOnEscape({ key }) {
  if (key === 'Escape') changed({ filter: '' });
}
