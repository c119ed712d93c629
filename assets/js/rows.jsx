// Rows to go through by keyboard and to choose: j and k move, x chooses, Enter opens, o and the space bar preview.
// The cursor belongs to the browser: the server hears of it only while a preview follows it.
import { useEffect, useRef, useState } from "react";

const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable]";
const OPEN = "dialog[open], :popover-open:not([role=tooltip])";

const rowsOf = (root) => [...root.querySelectorAll("tbody tr[data-id]")];
const idOf = (element) => element?.closest("tr[data-id]")?.dataset.id;

function isForRows(event) {
  const held = event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
  return !held && !event.defaultPrevented && !event.target.closest(TYPING) && !document.querySelector(OPEN);
}

/** Whether the focus is on a row itself or nowhere, so that Enter and the space bar have no meaning of their own. */
const isFree = () => document.activeElement === document.body || document.activeElement.matches("tr[data-id]");

/** The ids from one row to another, in the order of the page. */
function between(rows, from, to) {
  const ids = rows.map((row) => row.dataset.id);
  const [a, b] = [ids.indexOf(from), ids.indexOf(to)];
  return a < 0 || b < 0 ? [to] : ids.slice(Math.min(a, b), Math.max(a, b) + 1);
}

/** Put the mark where the cursor is; give the focus back where a refresh has moved or replaced its row. */
function follow(root, cursor) {
  if (!cursor.id) return;
  const rows = rowsOf(root);
  let row = rows.find((one) => one.dataset.id === cursor.id);
  if (!row && rows.length) {
    row = rows[Math.min(cursor.index, rows.length - 1)];
    cursor.id = row.dataset.id;
  }
  for (const one of rows) one.toggleAttribute("data-cursor", one === row);
  if (row) cursor.index = rows.indexOf(row);
  if (row && cursor.focused && document.activeElement === document.body) row.focus({ preventScroll: true });
}

/**
 * Around a table whose rows carry data-id.
 * @param {string} previewing - the id that the preview shows, "" for none.
 * @param {number} chosen - how many rows are chosen.
 */
export function RowKeys({ previewing, chosen, children, ...on }) {
  const root = useRef(null);
  const cursor = useRef({ id: "", index: 0, focused: false });
  const last = useRef("");
  const now = useRef({});
  now.current = { previewing, chosen, ...on };

  useEffect(() => {
    const at = cursor.current;
    const place = (row) => {
      at.id = row.dataset.id;
      at.focused = true;
      follow(root.current, at);
      row.focus({ preventScroll: true });
      row.scrollIntoView({ block: "nearest" });
      if (now.current.previewing) now.current.onFollow?.(at.id);
    };
    const move = (by) => {
      const rows = rowsOf(root.current);
      const here = idOf(document.activeElement) ?? at.id;
      const index = rows.findIndex((row) => row.dataset.id === here);
      const next = rows[index < 0 ? 0 : Math.min(Math.max(index + by, 0), rows.length - 1)];
      if (next) place(next);
    };
    const current = () => {
      const id = idOf(document.activeElement) ?? at.id;
      return rowsOf(root.current).find((row) => row.dataset.id === id);
    };
    const leave = () => {
      if (now.current.previewing) now.current.onPreview?.("");
      else if (now.current.chosen) now.current.onClear?.();
    };
    const keys = {
      j: () => move(1),
      k: () => move(-1),
      x: () => current()?.querySelector(".pick__row")?.click(),
      o: () => current() && now.current.onPreview?.(current().dataset.id),
      " ": () => isFree() && current() && now.current.onPreview?.(current().dataset.id),
      Enter: () => isFree() && current()?.querySelector("a.cover")?.click(),
      Escape: leave,
    };
    const onKeyDown = (event) => {
      const act = isForRows(event) && keys[event.key];
      if (!act) return;
      const free = event.key !== " " && event.key !== "Enter";
      if (free || (isFree() && current())) event.preventDefault();
      act();
    };
    const onFocus = () => (at.focused = root.current.contains(document.activeElement));
    const observer = new MutationObserver(() => follow(root.current, at));
    observer.observe(root.current, { subtree: true, childList: true });
    document.addEventListener("keydown", onKeyDown);
    document.addEventListener("focusin", onFocus);
    return () => {
      observer.disconnect();
      document.removeEventListener("keydown", onKeyDown);
      document.removeEventListener("focusin", onFocus);
    };
  }, []);

  const onChange = ({ target, nativeEvent }) => {
    if (target.matches(".pick__all")) now.current.onPickPage?.(target.checked);
    if (!target.matches(".pick__row")) return;
    const id = idOf(target);
    const ids = nativeEvent.shiftKey && last.current ? between(rowsOf(root.current), last.current, id) : [id];
    last.current = id;
    now.current.onPick?.(ids, target.checked);
  };
  return (
    <div ref={root} className="rows" onChange={onChange}>
      {children}
    </div>
  );
}

const PATIENCE = 2000;

/** A checkbox that shows its choice at once and is corrected by what the server then says. */
export function RowPick({ label, checked, some, all }) {
  const box = useRef(null);
  const [ahead, setAhead] = useState(undefined);
  const shown = ahead ?? Boolean(checked);
  useEffect(() => setAhead(undefined), [checked]);
  useEffect(() => {
    box.current.indeterminate = Boolean(some) && !shown;
  });
  useEffect(() => {
    if (ahead === undefined) return undefined;
    const timer = setTimeout(() => setAhead(undefined), PATIENCE);
    return () => clearTimeout(timer);
  }, [ahead]);
  return (
    <label className="pick above">
      <input
        ref={box}
        type="checkbox"
        className={all ? "pick__all" : "pick__row"}
        aria-label={label}
        checked={shown}
        onChange={(event) => setAhead(event.target.checked)}
      />
    </label>
  );
}

const NARROWEST = 60;
const WIDEST = 800;

function setWidth(head, width) {
  const cells = [...head.closest("table").rows].map((row) => row.cells[head.cellIndex]).filter(Boolean);
  for (const cell of cells) {
    cell.style.width = `${width}px`;
    cell.style.maxWidth = `${width}px`;
  }
}

/** The edge of a column's head, to be dragged; a double click gives it back its own width. */
export function ColumnEdge({ column, onSize }) {
  const drag = useRef(null);
  const onPointerDown = (event) => {
    const head = event.currentTarget.closest("th");
    drag.current = { head, from: event.clientX, width: head.offsetWidth, now: 0 };
    event.currentTarget.setPointerCapture(event.pointerId);
    event.preventDefault();
  };
  const onPointerMove = (event) => {
    const held = drag.current;
    if (!held) return;
    held.now = Math.round(Math.min(Math.max(held.width + event.clientX - held.from, NARROWEST), WIDEST));
    setWidth(held.head, held.now);
  };
  const onPointerUp = () => {
    const width = drag.current?.now;
    drag.current = null;
    if (width) onSize?.(column, width);
  };
  return (
    <span
      className="edge"
      aria-hidden="true"
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={onPointerUp}
      onDoubleClick={() => onSize?.(column, 0)}
    />
  );
}
