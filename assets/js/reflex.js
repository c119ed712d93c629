// The one place where our components touch modules of the Reflex runtime that
// are not documented; everything else imports from here.
import { useContext } from "react";
import { ColorModeContext, EventLoopContext } from "$/utils/context-registry";

/**
 * The connection to the server.
 * @returns {{errors: Error[], reconnect: () => void}} errors since the last connect,
 *   and a call that reconnects if the socket is down and does nothing otherwise.
 */
export function useConnection() {
  const [addEvents, errors] = useContext(EventLoopContext) ?? [];
  return {
    errors: errors ?? [],
    // Queueing no events makes the event loop ensure its socket.
    reconnect: () => addEvents?.([], [], {}),
  };
}

/** The chosen colour mode ("light", "dark" or "system") and its setter. */
export function useColorMode() {
  const { rawColorMode, setColorMode } = useContext(ColorModeContext);
  return [rawColorMode, setColorMode];
}
