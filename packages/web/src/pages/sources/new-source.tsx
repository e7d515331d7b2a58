import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { CodeEditor } from "../../code/index.ts";
import { useChange } from "../../api/index.ts";
import { PropsForm, startingValues } from "../../props/index.ts";
import { useDraft, useWorkspace } from "../../shell/index.ts";
import { Button, ErrorNote, Field, Page, Panel, Tabs, TextInput } from "../../ui/index.ts";
import { ComponentPicker, type PickedComponent } from "../../registry/index.ts";

const EXAMPLE = `export default {
  name: "Tick",
  version: "0.0.1",
  props: {
    timer: { type: "$.interface.timer", default: { intervalSeconds: 60 } },
  },
  async run() {
    this.$emit({ at: new Date().toISOString() }, { summary: "Tick" });
  },
};
`;

/** Deploys a source from the registry, a URL or pasted code. */
export function NewSourcePage() {
  const [from, setFrom] = useState("registry");
  const [component, setComponent] = useState<PickedComponent | null>(null);
  const [url, setUrl] = useState("");
  const [code, setCode] = useDraft("new-source-code", EXAMPLE);
  const workspace = useWorkspace();
  const save = useChange("createComponent");
  const read = (input: { component_url: string } | { component_code: string }): void => {
    save.mutate({ ...input, org_id: workspace.id }, { onSuccess: ({ data }) => setComponent(data) });
  };
  if (component !== null) return <Configure component={component} onBack={() => setComponent(null)} />;
  return (
    <Page title="Deploy a source">
      <Panel>
        <Tabs
          label="Where the component comes from"
          value={from}
          onChange={setFrom}
          tabs={[
            { id: "registry", label: "Registry", content: <ComponentPicker kind="source" onPick={setComponent} /> },
            {
              id: "url",
              label: "URL",
              content: (
                <div className="flex flex-col gap-3">
                  <Field
                    label="Component's URL"
                    hint="A GitHub file, any https URL, or npm:<package>/<path>, e.g. npm:@pipedream/postgresql/sources/new-row/new-row.mjs"
                  >
                    {(ids) => <TextInput {...ids} value={url} onChange={(event) => setUrl(event.target.value)} />}
                  </Field>
                  <ReadButton isBusy={save.isPending} onClick={() => read({ component_url: url })} />
                </div>
              ),
            },
            {
              id: "code",
              label: "Code",
              content: (
                <div className="flex flex-col gap-3">
                  <CodeEditor label="Component code" lang="javascript" value={code} onChange={setCode} />
                  <ReadButton isBusy={save.isPending} onClick={() => read({ component_code: code })} />
                </div>
              ),
            },
          ]}
        />
        {save.error !== null && <ErrorNote error={save.error} />}
      </Panel>
    </Page>
  );
}

function ReadButton({ isBusy, onClick }: { isBusy: boolean; onClick(): void }) {
  return (
    <Button kind="primary" className="self-start" isBusy={isBusy} onClick={onClick}>
      Read the component
    </Button>
  );
}

function Configure({ component, onBack }: { component: PickedComponent; onBack(): void }) {
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const [name, setName] = useState(component.name);
  const [values, setValues] = useState(() => startingValues(component.configurable_props));
  const create = useChange("createSource", { stale: ["listWorkspaceSources"] });
  const deploy = (): void => {
    const input = { component_id: component.id, name, configured_props: values, org_id: workspace.id };
    create.mutate(input, { onSuccess: ({ data }) => void navigate({ to: "/sources/$id", params: { id: data.id } }) });
  };
  return (
    <Page title={component.name} lead={component.key} actions={<Button onClick={onBack}>Choose another</Button>}>
      <Panel>
        <div className="flex flex-col gap-5">
          <Field label="Name of the source">
            {(ids) => <TextInput {...ids} value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
          <PropsForm props={component.configurable_props} values={values} onChange={setValues} />
          {create.error !== null && <ErrorNote error={create.error} />}
          <Button kind="primary" className="self-start" isBusy={create.isPending} onClick={deploy}>
            Deploy
          </Button>
        </div>
      </Panel>
    </Page>
  );
}
