import { createContext, use, useCallback, useMemo, useState, type ReactNode } from "react";

interface Message {
  id: number;
  text: string;
  isBad: boolean;
}

type Say = (text: string, options?: { isBad?: boolean }) => void;
const ToastContext = createContext<Say>(() => undefined);
const SHOWN_FOR_MS = 5_000;
let lastId = 0;

/** Tells the outcome of a deed in a corner of the page: `const say = useToast()`. */
export function useToast(): Say {
  return use(ToastContext);
}

export function ToastProvider({ children }: { children: ReactNode }) {
  const [messages, setMessages] = useState<readonly Message[]>([]);
  const say = useCallback<Say>((text, options) => {
    lastId += 1;
    const message = { id: lastId, text, isBad: options?.isBad ?? false };
    setMessages((shown) => [...shown, message]);
    setTimeout(() => setMessages((shown) => shown.filter(({ id }) => id !== message.id)), SHOWN_FOR_MS);
  }, []);
  const list = useMemo(() => messages, [messages]);
  return (
    <ToastContext value={say}>
      {children}
      <div role="status" className="pointer-events-none fixed right-4 bottom-4 z-50 flex flex-col items-end gap-2">
        {list.map((message) => (
          <p
            key={message.id}
            className={`max-w-sm rounded-lg border px-4 py-2.5 text-sm shadow-lg ${message.isBad ? "bg-bad-soft text-bad" : "bg-panel text-ink"}`}
          >
            {message.text}
          </p>
        ))}
      </div>
    </ToastContext>
  );
}
