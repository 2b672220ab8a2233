/**
 * @typedef {import('../live.ts').Look} Look
 *
 * @typedef Drop a file that this page puts into the bucket
 * @property {string} id
 * @property {string} key
 * @property {File | undefined} file
 * @property {number} bytes
 * @property {number} sent
 * @property {'putting' | 'queued' | 'failed'} state
 * @property {number} atMs since when its state is this one
 * @property {string} [problem]
 *
 * @typedef {'story' | 'batch' | 'redrive' | 'failed'} DialogKind
 * @typedef {{ kind: DialogKind, isBusy?: boolean, isActing?: boolean, problem?: string, report?: any } & { what?: string, as?: string, more?: object, id?: string, filters?: object }} Dialog
 *
 * @typedef State
 * @property {'connecting' | 'live' | 'lost' | 'refused'} connection
 * @property {Look | null} look the last look at the line
 * @property {string | null} trouble why the last look failed
 * @property {string} filter
 * @property {readonly Drop[]} drops
 * @property {string} folder
 * @property {Dialog | null} dialog what the dialog shows
 * @property {string | null} redriving what a redrive under way says
 */

/**
 * All that the page knows. Whoever changes it calls `changed`, and all is drawn anew.
 * @type {State}
 */
export const state = {
  connection: 'connecting',
  look: null,
  trouble: null,
  filter: '',
  drops: [],
  folder: '',
  dialog: null,
  redriving: null,
};

/** For what is drawn only once there was a look. */
export function looked() {
  if (state.look === null) throw new Error('Nothing was seen yet.');
  return state.look;
}

/** The page's own element. */
export function element(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no ${id}.`);
  return found;
}

let draw = () => {};
let isAsked = false;

export function onChange(drawing) {
  draw = drawing;
}

/**
 * Many changes at once are drawn once.
 * @param {Partial<State>} parts
 */
export function changed(parts = {}) {
  Object.assign(state, parts);
  if (isAsked) return;
  isAsked = true;
  queueMicrotask(() => {
    isAsked = false;
    draw();
  });
}

/** For those who hear the page. */
export function say(text) {
  element('said').textContent = text;
}

let turn = 0;
/**
 * What stays open however much else changes is asked by its turn: a late answer must not replace a newer one.
 * @param {Dialog} dialog
 * @param {Promise<any>} asking
 */
export async function show(dialog, asking) {
  turn += 1;
  const mine = turn;
  changed({ dialog: { ...dialog, isBusy: true } });
  const answer = await asking.then(
    (report) => ({ report }),
    (error) => ({ problem: error.message }),
  );
  if (mine === turn && state.dialog !== null) changed({ dialog: { ...dialog, ...answer } });
}

export function closeDialog() {
  turn += 1;
  changed({ dialog: null });
}
