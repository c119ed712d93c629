// Pure functions from values to words, numbers and initials; tested without a browser.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LOCALE = "en-GB";

const formats = new Map();
function format(date, zone, options) {
  const key = `${zone}|${Object.keys(options)}`;
  if (!formats.has(key)) {
    let resolved;
    try {
      resolved = new Intl.DateTimeFormat(LOCALE, { ...options, timeZone: zone });
    } catch {
      resolved = new Intl.DateTimeFormat(LOCALE, { ...options, timeZone: "UTC" });
    }
    formats.set(key, resolved);
  }
  return formats.get(key).format(date);
}

const DATE = { day: "numeric", month: "short", year: "numeric" };
const CLOCK = { hour: "2-digit", minute: "2-digit" };
const count = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;

/** "just now", "5 min ago", "3 h ago", "12 days ago", then the date; likewise ahead. */
function relative(date, at, zone) {
  const gap = at - date.getTime();
  const size = Math.abs(gap);
  const said = (text) => (gap >= 0 ? `${text} ago` : `in ${text}`);
  if (size < 45_000) return "just now";
  if (size < HOUR) return said(`${Math.max(1, Math.floor(size / MINUTE))} min`);
  if (size < DAY) return said(`${Math.floor(size / HOUR)} h`);
  if (size < 30 * DAY) return said(count(Math.floor(size / DAY), "day"));
  const sameYear = format(date, zone, { year: "numeric" }) === format(at, zone, { year: "numeric" });
  return format(date, zone, sameYear ? { day: "numeric", month: "short" } : DATE);
}

/**
 * A moment as people read it.
 * @param {"relative" | "date" | "datetime" | "exact"} kind
 * @param {Date} date
 * @param {number} at - now, in milliseconds
 * @param {string | undefined} zone - IANA; the browser's own when undefined, UTC when unknown
 */
export function written(kind, date, at, zone) {
  switch (kind) {
    case "date":
      return format(date, zone, DATE);
    case "datetime":
      return format(date, zone, { ...DATE, ...CLOCK });
    case "exact":
      return format(date, zone, { ...DATE, ...CLOCK, timeZoneName: "short" });
    default:
      return relative(date, at, zone);
  }
}

/** First letters of the first and the last word; of an email its first letter. */
export function initials(name) {
  const words = (name ?? "")
    .replace(/@.*/, "")
    .split(/[\s._-]+/u)
    .map((word) => word.match(/[\p{L}\p{N}]/u)?.[0])
    .filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words;
  return letters.join("").toUpperCase() || "?";
}

/** [1, "…", 4, 5, 6, "…", 20]: both ends, the page and its neighbours. */
export function pageWindow(page, pages) {
  const near = [1, page - 1, page, page + 1, pages].filter((n) => n >= 1 && n <= pages);
  const numbers = [...new Set(near)].sort((a, b) => a - b);
  return numbers.flatMap((n, i) => {
    const gap = i ? n - numbers[i - 1] : 1;
    if (gap === 2) return [n - 1, n];
    return gap > 2 ? ["…", n] : [n];
  });
}
