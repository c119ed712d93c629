// The search palette: a dialog that opens with Ctrl/⌘-K, with "/" and from any
// element marked data-palette-open.
import { useEffect, useRef, useState } from "react";
import { closeOnClick, useDialog } from "./dialog.jsx";
import { useListbox } from "./listbox.js";

const TYPING = "input, textarea, select, [contenteditable]:not([contenteditable='false'])";

// In a dialog that is fading out the focus stays behind for a moment; nobody types there.
const isTyping = (element) => element.closest?.(TYPING) && !element.closest("dialog:not([open])");

const isShortcut = (event) =>
  (event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey) && !event.altKey) ||
  (event.key === "/" && !event.metaKey && !event.ctrlKey && !isTyping(event.target));

export function Palette({ label, onOpenChange, children }) {
  const { ref, mounted, show, onClose } = useDialog(undefined, onOpenChange);
  useListbox(ref, mounted);

  const latest = useRef(show);
  latest.current = show;
  useEffect(() => {
    const onKeyDown = (event) => {
      if (!isShortcut(event) || event.isComposing) return;
      event.preventDefault();
      if (ref.current?.open) ref.current.close();
      else if (!document.querySelector("dialog[open]")) latest.current();
    };
    const onClick = (event) => {
      if (event.target.closest("[data-palette-open]")) latest.current();
    };
    document.addEventListener("keydown", onKeyDown);
    document.addEventListener("click", onClick);
    return () => {
      document.removeEventListener("keydown", onKeyDown);
      document.removeEventListener("click", onClick);
    };
  }, [ref]);

  const onClick = (event) => {
    if (event.target.closest('[role="option"]')) event.currentTarget.close();
    else closeOnClick(event);
  };
  return (
    <dialog ref={ref} className="dialog palette" aria-label={label} onClose={onClose} onClick={onClick}>
      {mounted > 0 && (
        <div key={mounted} className="palette__box">
          {children}
        </div>
      )}
    </dialog>
  );
}

/** The shortcut as this keyboard has it. */
export function ShortcutHint() {
  const [keys, setKeys] = useState("Ctrl K");
  useEffect(() => {
    if (/mac|iphone|ipad/i.test(navigator.platform)) setKeys("⌘K");
  }, []);
  return (
    <kbd className="kbd" aria-hidden="true">
      {keys}
    </kbd>
  );
}
