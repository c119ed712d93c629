// A modal on the browser's own <dialog>: it makes the rest of the page inert,
// closes on Escape and gives the focus back, all without a library.
import { Children, useEffect, useRef, useState } from "react";

const EXIT_MS = 160; // as long as the closing transition in overlays.css

/**
 * Open and close a <dialog> and keep its content mounted only while it is seen, so that a form
 * inside starts afresh each time: `mounted` counts the openings, 0 while it is not seen, for use as a key.
 * @param {boolean | undefined} open - set: the caller decides; undefined: opens by itself.
 * @param {(open: boolean) => void} [onOpenChange]
 */
export function useDialog(open, onOpenChange) {
  const ref = useRef(null);
  const wanted = useRef(open);
  const openings = useRef(open ? 1 : 0);
  const leaving = useRef(0);
  const [mounted, setMounted] = useState(openings.current);
  wanted.current = open;

  const show = () => {
    if (ref.current?.open) return;
    clearTimeout(leaving.current);
    setMounted((openings.current += 1));
  };

  useEffect(() => {
    const dialog = ref.current;
    if (!mounted || dialog.open) return;
    dialog.showModal();
    dialog.querySelector("[data-autofocus]")?.focus();
  }, [mounted]);

  useEffect(() => {
    if (open === undefined) return;
    if (open) show();
    else if (ref.current?.open) ref.current.close();
  }, [open]);

  const onClose = (event) => {
    if (event.target !== ref.current || ref.current.open) return; // opened again before it was told of the closing
    // With nothing to give the focus back to, it would stay in what fades out, and keys with it.
    if (ref.current.contains(document.activeElement)) document.activeElement.blur();
    leaving.current = setTimeout(() => !ref.current?.open && setMounted(0), EXIT_MS);
    if (wanted.current !== false) onOpenChange?.(false);
  };
  const showAndTell = () => {
    show();
    onOpenChange?.(true);
  };
  return { ref, mounted, show: showAndTell, onClose };
}

/** Close on a click beside the box, or on anything marked data-close. */
export function closeOnClick(event) {
  const dialog = event.currentTarget;
  if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
}

/** First child: what opens it (may be empty). The others: its content. */
export function Dialog({ open, onOpenChange, label, description, alert, className, children }) {
  const { ref, mounted, show, onClose } = useDialog(open, onOpenChange);
  const [trigger, ...content] = Children.toArray(children);
  return (
    <>
      <span className="contents" onClick={show}>
        {trigger}
      </span>
      <dialog
        ref={ref}
        className={`dialog ${className ?? ""}`}
        role={alert ? "alertdialog" : undefined}
        aria-label={label}
        aria-description={description}
        onClose={onClose}
        onClick={closeOnClick}
        onSubmit={(event) => event.target.matches("[data-close-on-submit]") && ref.current.close()}
      >
        {mounted > 0 && (
          <div key={mounted} className="dialog__box">
            {content}
          </div>
        )}
      </dialog>
    </>
  );
}
