// Menus, popovers and tooltips on the browser's Popover API: top layer, light
// dismiss, Escape and focus return are native; CSS anchors them (overlays.css).
import { Children, useEffect, useId, useRef } from "react";

/** Tie the first button of `wrapper` to `panel`, as `popovertarget` would. */
function useInvoker(wrapper, panel, haspopup) {
  // After every render: the button may have been replaced by a new one.
  useEffect(() => {
    const button = wrapper.current?.querySelector("button");
    if (!button) return;
    button.popoverTargetElement = panel.current;
    button.setAttribute("aria-haspopup", haspopup);
  });
}

const ITEMS = '[role^="menuitem"]:not([aria-disabled="true"])';

/** Where an arrow key, Home or End leads from `index` among `count`; else undefined. */
export function step(key, index, count) {
  switch (key) {
    case "ArrowDown":
      return (index + 1) % count;
    case "ArrowUp":
      return (Math.max(index, 0) - 1 + count) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}

function moveInMenu(event) {
  const items = [...event.currentTarget.querySelectorAll(ITEMS)];
  const current = items.indexOf(document.activeElement);
  let next = step(event.key, current, items.length);
  if (next === undefined && /^\p{L}$/u.test(event.key)) {
    const after = [...items.slice(current + 1), ...items.slice(0, current + 1)];
    const letter = event.key.toLowerCase();
    const hit = after.find((item) => item.textContent.trim().toLowerCase().startsWith(letter));
    next = hit && items.indexOf(hit);
  }
  if (event.key === "Tab") event.currentTarget.hidePopover();
  if (next === undefined || !items.length) return;
  event.preventDefault();
  items[next].focus();
}

/** First child: holds the button that opens it. The others: menu items. */
export function Menu({ label, placement, className, children }) {
  const [trigger, ...items] = Children.toArray(children);
  const wrapper = useRef(null);
  const panel = useRef(null);
  useInvoker(wrapper, panel, "menu");
  return (
    <>
      <span className="contents" ref={wrapper}>
        {trigger}
      </span>
      <div
        ref={panel}
        popover="auto"
        role="menu"
        aria-label={label}
        className={`popover menu ${className ?? ""}`}
        data-placement={placement}
        onKeyDown={moveInMenu}
        onClick={(event) => {
          if (event.target.closest(ITEMS) && !event.target.closest("[data-stay]"))
            panel.current.hidePopover();
        }}
        onToggle={(event) => {
          if (event.newState === "open") panel.current.querySelector(ITEMS)?.focus();
        }}
      >
        {items}
      </div>
    </>
  );
}

/** First child: holds the button that opens it. The others: its content. */
export function Popover({ label, placement, className, onOpenChange, children }) {
  const [trigger, ...content] = Children.toArray(children);
  const wrapper = useRef(null);
  const panel = useRef(null);
  useInvoker(wrapper, panel, "dialog");
  return (
    <>
      <span className="contents" ref={wrapper}>
        {trigger}
      </span>
      <div
        ref={panel}
        popover="auto"
        role="dialog"
        aria-label={label}
        className={`popover ${className ?? ""}`}
        data-placement={placement}
        onToggle={(event) => {
          const open = event.newState === "open";
          if (open) panel.current.querySelector("input, textarea, [data-autofocus]")?.focus();
          onOpenChange?.(open);
        }}
        onClick={(event) => {
          if (event.target.closest("[data-close]")) panel.current.hidePopover();
        }}
      >
        {content}
      </div>
    </>
  );
}

/** Main navigation: a row on wide screens, a drawer behind a button on small ones. */
export function NavDrawer({ label, children }) {
  const [trigger, ...content] = Children.toArray(children);
  const wrapper = useRef(null);
  const panel = useRef(null);
  useEffect(() => {
    const button = wrapper.current?.querySelector("button");
    if (button) button.popoverTargetElement = panel.current;
  });
  return (
    <>
      <span className="contents" ref={wrapper}>
        {trigger}
      </span>
      <nav
        ref={panel}
        popover="auto"
        aria-label={label}
        className="nav"
        onClick={(event) => {
          const drawer = panel.current;
          if (event.target.closest("a") && drawer.matches(":popover-open")) drawer.hidePopover();
        }}
      >
        {content}
      </nav>
    </>
  );
}

/** A short text beside what it explains: on hover, on focus and on tap; Escape hides it. */
export function Tooltip({ text, placement, children }) {
  const id = useId();
  const wrapper = useRef(null);
  const tip = useRef(null);
  const timer = useRef(0);

  useEffect(() => {
    const subject = wrapper.current?.firstElementChild;
    subject?.setAttribute("aria-describedby", id);
    return () => clearTimeout(timer.current);
  });
  const toggle = (open, delay = 0) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const source = wrapper.current?.firstElementChild;
      if (open && source) tip.current?.showPopover({ source });
      else tip.current?.hidePopover();
    }, delay);
  };
  return (
    <span
      className="contents"
      ref={wrapper}
      onPointerOver={(event) => event.pointerType === "mouse" && toggle(true, 250)}
      onPointerOut={() => toggle(false, 80)}
      onFocus={(event) => event.target.matches(":focus-visible") && toggle(true)}
      onBlur={() => toggle(false)}
      onClick={() => toggle(true)}
      onKeyDown={(event) => event.key === "Escape" && toggle(false)}
    >
      {children}
      <span
        ref={tip}
        id={id}
        role="tooltip"
        popover="manual"
        className="popover tooltip"
        data-placement={placement}
      >
        {text}
      </span>
    </span>
  );
}
