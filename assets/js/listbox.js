// One listbox behaviour for the search palette and the combobox: the focus stays
// in the input, the arrow keys move aria-activedescendant over whatever options
// the list holds, Enter clicks the active one. The server hears none of it.
import { useEffect } from "react";
import { step } from "./popover.jsx";

const OPTIONS = '[role="option"]:not([aria-disabled="true"])';
let nextId = 0;

const optionsOf = (root) => [...root.querySelectorAll(OPTIONS)];
const activeOf = (root) => root.querySelector('[role="option"][data-active]');

function mark(root, option, active) {
  option.toggleAttribute("data-active", active);
  // Where several may be chosen, aria-selected says which are; it is the list's to set.
  if (!root.querySelector("[aria-multiselectable]")) option.setAttribute("aria-selected", String(active));
}

function activate(root, option, scroll = true) {
  const input = root.querySelector('[role="combobox"]');
  const before = activeOf(root);
  if (before && before !== option) mark(root, before, false);
  if (!option) {
    input?.removeAttribute("aria-activedescendant");
    return;
  }
  option.id ||= `option-${++nextId}`;
  mark(root, option, true);
  input?.setAttribute("aria-activedescendant", option.id);
  if (scroll) option.scrollIntoView({ block: "nearest" });
}

/** The list says in data-query which text it answers; without it, it is always current. */
function isCurrent(root) {
  const query = root.querySelector('[role="listbox"]')?.dataset.query;
  const input = root.querySelector('[role="combobox"]');
  return query === undefined || query.trim() === input?.value.trim();
}

/** Follow the options as they come and go: the first one is active until keys say otherwise. */
function follow(root, waiting) {
  const input = root.querySelector('[role="combobox"]');
  const options = optionsOf(root);
  input?.setAttribute("aria-expanded", String(options.length > 0));
  if (!options.includes(activeOf(root))) activate(root, options[0], false);
  root.toggleAttribute("data-waiting", !isCurrent(root));
  if (waiting.enter && isCurrent(root)) {
    waiting.enter = false;
    activeOf(root)?.click();
  }
}

/**
 * Give the element in `ref` the keyboard behaviour of a combobox with a listbox.
 * Enter pressed before the answer to what was typed has come waits for that answer.
 * @param {React.RefObject<HTMLElement>} ref - holds role=combobox and role=listbox.
 * @param {boolean} present - whether that element is on the page now.
 */
export function useListbox(ref, present = true) {
  useEffect(() => {
    const root = present && ref.current;
    if (!root) return;
    const waiting = { enter: false };
    const refresh = () => follow(root, waiting);

    const onKeyDown = (event) => {
      if (event.isComposing || !event.target.matches('[role="combobox"]')) return;
      const options = optionsOf(root);
      const vertical = event.key === "ArrowDown" || event.key === "ArrowUp";
      if (event.key === "Enter") {
        event.preventDefault();
        if (isCurrent(root)) activeOf(root)?.click();
        else waiting.enter = true;
      } else if (vertical && options.length) {
        event.preventDefault();
        activate(root, options[step(event.key, options.indexOf(activeOf(root)), options.length)]);
      }
    };
    const onInput = () => {
      waiting.enter = false;
      activate(root, undefined);
      refresh();
    };
    const onPointerMove = (event) => {
      const option = event.target.closest(OPTIONS);
      if (option && option !== activeOf(root)) activate(root, option, false);
    };

    const observer = new MutationObserver(refresh);
    observer.observe(root, {
      subtree: true,
      childList: true,
      attributes: true,
      attributeFilter: ["data-query", "href"],
    });
    root.addEventListener("keydown", onKeyDown);
    root.addEventListener("input", onInput);
    root.addEventListener("pointermove", onPointerMove);
    refresh();
    return () => {
      observer.disconnect();
      root.removeEventListener("keydown", onKeyDown);
      root.removeEventListener("input", onInput);
      root.removeEventListener("pointermove", onPointerMove);
    };
  }, [ref, present]);
}
