/** All that the page knows. Whoever changes it calls `changed`, and all is drawn anew. */
export const state = {
  /** `connecting`, `live`, `lost`, or `refused`. */
  connection: 'connecting',
  /** The last look at the line: { status, board }. */
  look: null,
  /** Why the last look failed. */
  trouble: null,
  filter: '',
  /** Files that this page puts into the bucket. */
  drops: [],
  folder: '',
  /** What the dialog shows: { kind, … }. */
  dialog: null,
  /** What a redrive under way says. */
  redriving: null,
};

let draw = () => {};
let isAsked = false;

export function onChange(drawing) {
  draw = drawing;
}

/** Many changes at once are drawn once. */
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
  document.getElementById('said').textContent = text;
}

/** What stays open however much else changes is asked by its turn: a late answer must not replace a newer one. */
let turn = 0;
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
