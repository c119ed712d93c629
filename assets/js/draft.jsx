// What is being typed belongs to the browser: it outlives a lost connection, a restart
// of the server and a reload, and leaves only when it has been saved.
import { useEffect, useLayoutEffect, useRef } from "react";

const HELD_MS = 60_000;
const held = { name: undefined, start: 0, end: 0, at: 0 };

const keyOf = (name) => `draft:${name}`;

function keep(name, text) {
  try {
    if (text) sessionStorage.setItem(keyOf(name), text);
    else sessionStorage.removeItem(keyOf(name));
  } catch {
    // A browser that stores nothing keeps the draft on the page alone.
  }
}

function kept(name) {
  try {
    return sessionStorage.getItem(keyOf(name)) ?? "";
  } catch {
    return "";
  }
}

/** Remembers that somebody was typing here, for when the field is shown again. */
function letGo(name, field) {
  if (document.activeElement !== field) return;
  Object.assign(held, { name, start: field.selectionStart, end: field.selectionEnd, at: Date.now() });
}

function takeUp(name, field) {
  const recent = held.name === name && Date.now() - held.at < HELD_MS;
  held.name = undefined;
  if (!recent || document.activeElement !== document.body) return;
  field.focus({ preventScroll: true });
  field.setSelectionRange(held.start, held.end);
}

/** Child: holds one field. `name` is whose draft it is; `version` grows each time one was saved. */
export function Draft({ name, version, children }) {
  const node = useRef(null);
  const sent = useRef(undefined);
  const last = useRef(version);

  useLayoutEffect(() => {
    const field = node.current.querySelector("textarea, input");
    const form = field.form;
    field.value = kept(name);
    takeUp(name, field);
    const onInput = () => keep(name, field.value);
    const onSubmit = () => {
      sent.current = field.value;
    };
    field.addEventListener("input", onInput);
    form?.addEventListener("submit", onSubmit, true);
    return () => {
      letGo(name, field);
      field.removeEventListener("input", onInput);
      form?.removeEventListener("submit", onSubmit, true);
    };
  }, [name]);

  useEffect(() => {
    const field = node.current.querySelector("textarea, input");
    if (version > last.current && field.value === sent.current) {
      field.value = "";
      keep(name, "");
    }
    last.current = version;
  }, [name, version]);

  return (
    <span ref={node} className="contents">
      {children}
    </span>
  );
}

/** Child: a form. Its fields follow `values`, by name, until somebody has changed them; what is being filled in stays. */
export function Following({ values, children }) {
  const node = useRef(null);
  const last = useRef(values);

  // React shows a new default in a text field that nobody has touched, but never in a list of choices.
  useLayoutEffect(() => {
    const fields = node.current.querySelector("form").elements;
    for (const [name, value] of Object.entries(values)) {
      const field = fields.namedItem(name);
      const before = last.current[name];
      if (field && value !== before && field.value === before) field.value = value;
    }
    last.current = values;
  });

  return (
    <div ref={node} className="contents" data-follows>
      {children}
    </div>
  );
}
