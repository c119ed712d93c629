import { useEffect, useRef, useState } from "react";
import { initials } from "./words.js";

const COLORS = ["sky", "violet", "green", "amber", "pink", "teal", "blue", "orange"];

function colorOf(name) {
  let hash = 0;
  for (const char of name ?? "") hash = (hash * 31 + char.codePointAt(0)) >>> 0;
  return COLORS[hash % COLORS.length];
}

/** A photo, or initials while there is none or it does not load. Decorative: the name stands beside it. */
export function Avatar({ src, name, size = "md", square }) {
  const [failed, setFailed] = useState(false);
  const image = useRef(null);
  useEffect(() => {
    // A prerendered image may have failed before anybody listened.
    setFailed(Boolean(image.current?.complete && !image.current.naturalWidth));
  }, [src]);
  return (
    <span
      className="avatar"
      data-size={size}
      data-square={square || undefined}
      data-color={colorOf(name)}
      aria-hidden="true"
    >
      <span>{initials(name)}</span>
      {src && !failed && (
        <img
          ref={image}
          src={src}
          alt=""
          loading="lazy"
          decoding="async"
          referrerPolicy="no-referrer"
          onError={() => setFailed(true)}
        />
      )}
    </span>
  );
}
