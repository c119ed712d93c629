// What a person sees of the connection: nothing while it holds, a calm line when
// it is lost, a short word when it is back. It heals without a reload.
import { useEffect, useRef, useState } from "react";
import { useConnection } from "./reflex.js";

const GRACE_MS = 800; // shorter gaps are not worth a word
const BACK_MS = 2500;
const HEARTBEAT_MS = 5000;
const UNHEARD_MS = 8000; // longer than any first answer takes

function useOffline() {
  const [offline, setOffline] = useState(false);
  useEffect(() => {
    const read = () => setOffline(!navigator.onLine);
    read();
    window.addEventListener("online", read);
    window.addEventListener("offline", read);
    return () => {
      window.removeEventListener("online", read);
      window.removeEventListener("offline", read);
    };
  }, []);
  return offline;
}

/** "online", "offline" (this device has no network) or "reconnecting" (the server is away). */
function useLink() {
  const offline = useOffline();
  const { errors, reconnect } = useConnection();
  const down = offline || errors.length > 0;
  const latest = useRef(reconnect);
  latest.current = reconnect;

  // A server that closes the socket politely is not dialled again by the
  // runtime on its own; this asks it to, and costs nothing while connected.
  useEffect(() => {
    if (!offline) latest.current();
    const timer = setInterval(() => latest.current(), HEARTBEAT_MS);
    return () => clearInterval(timer);
  }, [offline]);
  if (offline) return "offline";
  return down ? "reconnecting" : "online";
}

/** `link`, but a loss only after the grace, and "back" for a moment after a loss. */
function useCalm(link) {
  const [shown, setShown] = useState("online");
  useEffect(() => {
    const lost = link !== "online";
    if (!lost && shown === "online") return;
    if (!lost && shown !== "back") {
      setShown("back");
      return;
    }
    const wait = lost ? (shown === "online" ? GRACE_MS : 0) : BACK_MS;
    const timer = setTimeout(() => setShown(link), wait);
    return () => clearTimeout(timer);
  }, [link, shown]);
  return shown;
}

const TEXT = {
  offline: "You are offline. What you see may be out of date.",
  reconnecting: "Connection lost. Reconnecting…",
  back: "Back online.",
};

/** The banner; its live region is always there, so that screen readers hear changes. */
export function ConnectionBanner() {
  const shown = useCalm(useLink());
  return (
    <div role="status" className="connection" data-state={shown}>
      {shown !== "online" && (
        <span className="connection__box">
          <span className="connection__dot" aria-hidden="true" />
          {TEXT[shown]}
        </span>
      )}
    </div>
  );
}

/** A dot and a word for the top bar: live, or not. */
export function LiveDot({ children }) {
  const { errors } = useConnection();
  const offline = useOffline();
  const live = !offline && errors.length === 0;
  return (
    <span className="live" data-live={live}>
      <span className="live__dot" aria-hidden="true" />
      <span className="live__text">{live ? (children ?? "Live") : "Offline"}</span>
    </span>
  );
}

function inFrame() {
  try {
    return window.self !== window.top;
  } catch {
    return true;
  }
}

/** Children until the server is heard of; that it cannot be heard, after a while. */
export function Waiting({ outside, children }) {
  const [unheard, setUnheard] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setUnheard(true), UNHEARD_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!unheard) return children;
  const framed = inFrame();
  return (
    <main id="main" tabIndex={-1} className="alone">
      <div className="alone__card" role="alert">
        <div className="state">
          <h1 className="state__title">{framed ? "This page cannot be live here" : "The connection does not come about"}</h1>
          <p className="state__text">
            {framed
              ? "Something between Whop and Whop CRM holds the live connection back. In a tab of its own it works."
              : "Something between you and Whop CRM holds the live connection back. It is tried again all the time."}
          </p>
          <div className="state__action row gap-2">
            {framed && (
              <a className="btn btn--primary" href={outside} target="_blank" rel="noopener noreferrer">
                Open in a new tab
              </a>
            )}
            <button type="button" className="btn btn--secondary" onClick={() => location.reload()}>
              Try again
            </button>
          </div>
        </div>
      </div>
    </main>
  );
}
