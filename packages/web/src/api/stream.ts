import { useEffect, useRef, useState } from "react";

export type StreamState = "connecting" | "live" | "lost";

/**
 * Follows server-sent events while the component is shown; the browser reconnects by itself and goes on where it was.
 * @param url path below the server, or null for none
 */
export function useStream(url: string | null, onMessage: (data: unknown, id: string) => void): StreamState {
  const [state, setState] = useState<StreamState>("connecting");
  const handler = useRef(onMessage);
  useEffect(() => {
    handler.current = onMessage;
  });
  useEffect(() => {
    if (url === null) return;
    const stream = new EventSource(url);
    stream.addEventListener("open", () => setState("live"));
    stream.addEventListener("error", () => setState("lost"));
    stream.addEventListener("message", (message: MessageEvent<string>) => {
      handler.current(JSON.parse(message.data), message.lastEventId);
    });
    return () => stream.close();
  }, [url]);
  return state;
}
