// Small cues for data that changes while it is looked at.
import { useEffect, useRef } from "react";

const QUIET_MS = 1200; // what arrives while a page settles is not news
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function flash(node) {
  if (still() || document.visibilityState !== "visible") return;
  const color = getComputedStyle(node).getPropertyValue("--flash").trim();
  node.animate([{ backgroundColor: color }, { backgroundColor: "transparent" }], {
    duration: 1600,
    easing: "ease-out",
  });
}

/** A value that lights up for a moment when it changes. */
export function LiveValue({ children, className }) {
  const node = useRef(null);
  useEffect(() => {
    const born = performance.now();
    const observer = new MutationObserver(() => {
      if (performance.now() - born > QUIET_MS) flash(node.current);
    });
    observer.observe(node.current, { characterData: true, childList: true, subtree: true });
    return () => observer.disconnect();
  }, []);
  return (
    <span ref={node} className={`live-value ${className ?? ""}`}>
      {children}
    </span>
  );
}

/** A list whose new rows light up for a moment. Rows need a `key` that is theirs. */
export function LiveList({ label, className, children }) {
  const node = useRef(null);
  useEffect(() => {
    const born = performance.now();
    const observer = new MutationObserver((changes) => {
      if (performance.now() - born < QUIET_MS) return;
      for (const change of changes)
        for (const row of change.addedNodes) if (row instanceof HTMLElement) flash(row);
    });
    observer.observe(node.current, { childList: true });
    return () => observer.disconnect();
  }, []);
  return (
    <ol ref={node} className={className} aria-label={label}>
      {children}
    </ol>
  );
}

/** Calls `onReach` when it comes into view, once per `count` of what is loaded. */
export function Sentinel({ onReach, count }) {
  const node = useRef(null);
  const latest = useRef(onReach);
  latest.current = onReach;
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        latest.current?.();
      },
      { rootMargin: "400px 0px" },
    );
    observer.observe(node.current);
    return () => observer.disconnect();
  }, [count]);
  return <span ref={node} aria-hidden="true" className="sentinel" />;
}
