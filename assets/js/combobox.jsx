// Choose several from a list, type to filter, create what is missing. The choice
// shows at once and is corrected by the next `options` the server sends.
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { useListbox } from "./listbox.js";

const fold = (text) =>
  text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();

function Option({ option, chosen, once, onToggle }) {
  return (
    <div
      role="option"
      aria-selected={chosen}
      className="option"
      data-close={once || undefined}
      onClick={() => onToggle(option.value, !chosen)}
    >
      <span className="option__dot" data-color={option.color} aria-hidden="true" />
      <span className="option__label">{option.label}</span>
      <span className="option__check" aria-hidden="true" />
    </div>
  );
}

/**
 * @param {{value: string, label: string, color?: string, selected?: boolean}[]} options
 * @param {(value: string, selected: boolean) => void} onToggle
 * @param {(text: string) => void} [onCreate] - without it nothing can be created.
 */
export function Combobox({ options, label, placeholder, createLabel, emptyText, maxLength, once, ...on }) {
  const { onToggle, onCreate } = on;
  const id = useId();
  const root = useRef(null);
  const [text, setText] = useState("");
  const [ahead, setAhead] = useState({});
  useListbox(root);
  useEffect(() => setAhead({}), [options]);

  const wanted = fold(text);
  const all = options ?? [];
  const shown = useMemo(() => all.filter((o) => fold(o.label).includes(wanted)), [all, wanted]);
  const creatable = onCreate && wanted && !all.some((o) => fold(o.label) === wanted);

  const toggle = (value, selected) => {
    if (!once) setAhead({ ...ahead, [value]: selected });
    onToggle?.(value, selected);
  };
  const create = () => {
    onCreate(text.trim());
    setText("");
    root.current.querySelector("input").focus();
  };
  return (
    <div ref={root} className="combobox">
      <input
        className="combobox__input"
        role="combobox"
        aria-label={label}
        aria-controls={id}
        aria-autocomplete="list"
        aria-expanded="true"
        autoComplete="off"
        spellCheck="false"
        maxLength={maxLength}
        placeholder={placeholder}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div id={id} role="listbox" aria-label={label} aria-multiselectable="true" className="options">
        {shown.map((option) => (
          <Option
            key={option.value}
            option={option}
            chosen={ahead[option.value] ?? Boolean(option.selected)}
            once={once}
            onToggle={toggle}
          />
        ))}
        {creatable && (
          <div
            role="option"
            aria-selected="false"
            className="option"
            data-close={once || undefined}
            onClick={create}
          >
            <span className="option__plus" aria-hidden="true" />
            <span className="option__label">
              {createLabel} “{text.trim()}”
            </span>
          </div>
        )}
      </div>
      {!shown.length && !creatable && <p className="combobox__empty">{emptyText}</p>}
    </div>
  );
}
