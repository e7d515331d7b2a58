import { autocompletion, type CompletionSource } from "@codemirror/autocomplete";
import { indentWithTab } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { python } from "@codemirror/lang-python";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { basicSetup } from "codemirror";
import { useEffect, useRef } from "react";
import { editorTheme } from "./theme.ts";

export interface CodeEditorProps {
  /** Its name for screen readers. */
  label: string;
  value: string;
  onChange?(value: string): void;
  lang: "javascript" | "python" | "json" | "text";
  isReadOnly?: boolean;
  minHeight?: string;
  completions?: CompletionSource;
}

const LANGUAGES: Readonly<Record<CodeEditorProps["lang"], () => Extension>> = {
  javascript: () => javascript({ typescript: true }),
  python: () => python(),
  json: () => json(),
  text: () => [],
};

/** A CodeMirror editor. Escape, then Tab leaves it with the keyboard. */
export function CodeEditor(props: CodeEditorProps) {
  const { label, value, lang, isReadOnly = false, minHeight = "12rem", completions } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    if (host.current === null) return;
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          basicSetup,
          keymap.of([indentWithTab]),
          LANGUAGES[lang](),
          editorTheme(minHeight),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": label }),
          EditorState.readOnly.of(isReadOnly),
          ...(completions ? [autocompletion({ override: [completions] })] : []),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange?.(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, [lang, label, isReadOnly, minHeight, completions]);
  useEffect(() => {
    const editor = view.current;
    if (editor === null || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);
  return <div ref={host} className="overflow-hidden rounded-md border bg-panel" />;
}
