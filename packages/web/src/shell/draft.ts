import { useCallback, useState } from "react";

/** Like `useState` for a text that must survive a reload: it is kept in this browser until it is set to its beginning again. */
export function useDraft(name: string, initial: string): [string, (text: string) => void] {
  const key = `millrace-draft-${name}`;
  const [text, setText] = useState(() => localStorage.getItem(key) ?? initial);
  const change = useCallback(
    (next: string) => {
      setText(next);
      if (next === initial) localStorage.removeItem(key);
      else localStorage.setItem(key, next);
    },
    [key, initial],
  );
  return [text, change];
}
