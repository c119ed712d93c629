import { useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import { useColorMode } from "./reflex.js";
import { pageWindow } from "./words.js";

/** The old way works where the clipboard is closed: plain http, and frames without the permission. */
function copyBySelection(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.cssText = "position:fixed;opacity:0";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** Copies `value`; says so in its own label for two seconds, aloud as well. */
export function CopyButton({ value, label, children }) {
  const [said, setSaid] = useState("");
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const onClick = async () => {
    setSaid((await copy(value)) ? "Copied" : "Could not copy");
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setSaid(""), 2000);
  };
  return (
    <button type="button" className="copy" data-said={said || undefined} onClick={onClick}>
      <span className="copy__text">{children ?? value}</span>
      <span className="copy__icon" aria-hidden="true" />
      <span className="sr-only">{label}</span>
      <span role="status" className="copy__said">
        {said}
      </span>
    </button>
  );
}

const MODES = [
  ["light", "Light"],
  ["dark", "Dark"],
  ["system", "System"],
];

/** Light, dark, or as the system has it; kept in the browser. */
export function ThemeSwitch() {
  const [mode, setMode] = useColorMode();
  return (
    <div className="segmented" role="group" aria-label="Theme">
      {MODES.map(([value, text]) => (
        <button
          key={value}
          type="button"
          role="menuitemradio"
          aria-checked={mode === value}
          data-stay
          className="segmented__item"
          onClick={() => setMode(value)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}

function PageLink({ to, hrefFor, onPage, current, disabled, label, children }) {
  const shared = {
    className: "page",
    "aria-label": label,
    "aria-current": current ? "page" : undefined,
  };
  if (disabled)
    return (
      <span {...shared} role="link" aria-disabled="true">
        {children}
      </span>
    );
  if (hrefFor)
    return (
      <Link {...shared} to={hrefFor.replace("{page}", to)} preventScrollReset={false}>
        {children}
      </Link>
    );
  return (
    <button {...shared} type="button" onClick={() => onPage?.(to)}>
      {children}
    </button>
  );
}

/** Pages as links (`hrefFor` holds "{page}") or as buttons (`onPage`). */
export function Pagination({ page, pages, label, hrefFor, onPage }) {
  const at = { hrefFor, onPage };
  return (
    <nav className="pagination" aria-label={label}>
      <PageLink {...at} to={page - 1} disabled={page <= 1} label="Previous page">
        <span className="chevron chevron--left" aria-hidden="true" />
      </PageLink>
      {pageWindow(page, pages).map((n, i) =>
        n === "…" ? (
          <span key={`gap-${i}`} className="page page--gap" aria-hidden="true">
            …
          </span>
        ) : (
          <PageLink key={n} {...at} to={n} current={n === page} label={`Page ${n}`}>
            {n.toLocaleString("en")}
          </PageLink>
        ),
      )}
      <PageLink {...at} to={page + 1} disabled={page >= pages} label="Next page">
        <span className="chevron chevron--right" aria-hidden="true" />
      </PageLink>
    </nav>
  );
}
