// Times that stay right while the page is open, written in the company's zone.
import { createContext, useContext, useSyncExternalStore } from "react";
import { written } from "./words.js";

const TICK_MS = 30_000;

const ZoneContext = createContext(undefined);

/** The zone of every time inside, unless it names its own. */
export function Zone({ zone, children }) {
  return <ZoneContext.Provider value={zone || undefined}>{children}</ZoneContext.Provider>;
}

// One clock for the page: it ticks each half minute, and not in a hidden tab.
const listeners = new Set();
let now = 0;
const tick = () => {
  now = Date.now();
  listeners.forEach((listener) => listener());
};
const tickIfSeen = () => document.visibilityState === "visible" && tick();
let timer;
function subscribe(listener) {
  if (!listeners.size) {
    now = Date.now();
    timer = setInterval(tickIfSeen, TICK_MS);
    document.addEventListener("visibilitychange", tickIfSeen);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size) return;
    clearInterval(timer);
    document.removeEventListener("visibilitychange", tickIfSeen);
  };
}
const useNow = () => useSyncExternalStore(subscribe, () => (now ||= Date.now()), () => 0);

function parse(value) {
  const date = new Date(value);
  return value && !Number.isNaN(date.getTime()) ? date : undefined;
}

/** `value`: ISO 8601 with offset, or empty. `missing` is shown when it is empty. */
export function Time({ value, kind = "relative", zone, missing = "–", className }) {
  const outer = useContext(ZoneContext);
  const at = useNow();
  const date = parse(value);
  if (!date) return <span className={className}>{missing}</span>;
  const where = zone || outer;
  return (
    <time
      className={className}
      dateTime={date.toISOString()}
      title={written("exact", date, at, where)}
      suppressHydrationWarning
    >
      {written(kind, date, at, where)}
    </time>
  );
}
